#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/ip_ranges_json.h"
#include "net/event_loop.h"
#include "sidecar/config/ranges/edge_ranges_config.h"

namespace viaduct::sidecar {

// Fetches CloudFront's ranges from AWS periodically, on its own thread.
//
// Fetches at once, then every `interval`, varied by up to a tenth. After a failure it retries in a minute, then doubles
// the wait up to the interval; each wait is varied, too.
class RangesRefresh {
 public:
  using Refresh = EdgeRangesConfig::Refresh;
  // Called on the thread after each fetch; nullopt means that the list has not changed since the last fetch.
  using Deliver = std::function<void(absl::StatusOr<std::optional<filter::IpRanges>> fetched)>;

  RangesRefresh(Refresh refresh, Deliver deliver);
  // Aborts a fetch in progress and waits briefly for the thread.
  ~RangesRefresh();
  RangesRefresh(const RangesRefresh&) = delete;
  RangesRefresh& operator=(const RangesRefresh&) = delete;

  const Refresh& refresh() const { return refresh_; }
  // Fetches now, or once more after the fetch in progress. Call it from any thread.
  void FetchNow();

 private:
  void Run();
  // Returns false if it failed.
  bool FetchOnce();
  // Delivers the failure, prefixed with the URL; returns false.
  bool Fail(absl::StatusCode code, absl::string_view cause);
  net::Clock::duration NextPause(bool ok);

  const Refresh refresh_;
  const Deliver deliver_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool fetch_now_ = false;  // guarded by mutex_

  // Used only by the thread.
  std::string etag_;
  net::Clock::duration back_off_{};
  std::minstd_rand random_;
  std::thread thread_;
};

}  // namespace viaduct::sidecar
