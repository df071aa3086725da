#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "filter/ip_ranges_json.h"
#include "ops/logger.h"
#include "sidecar/config.h"
#include "sidecar/config_sources.h"
#include "sidecar/ranges_refresh.h"
#include "sidecar/reload_record.h"

namespace viaduct {

// Keeps a running sidecar on what its sources hold: looks at the files each kLookEvery, fetches ranges if the config
// says so, and hands over what was made of it. Reading, parsing and building happen on a thread of its own.
//
// Tells once of everything that was taken or could not be, and once a day of ranges that are too old.
//
// All methods may be called from any thread.
class ConfigWatch {
 public:
  static constexpr auto kLookEvery = std::chrono::seconds(1);
  // How long a caller of Reload waits at most: files may be on a file system that hangs.
  static constexpr auto kReloadTimeout = std::chrono::seconds(30);

  // Puts settings in force; see Server::Apply. Called on the thread.
  using Apply = std::function<absl::Status(std::shared_ptr<const SidecarConfig>)>;

  // `record` and `logger` must outlive it.
  ConfigWatch(ConfigSources sources, Apply apply, ReloadRecord* record, const Logger* logger);
  // Waits for what goes on.
  ~ConfigWatch();
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;

  // Reads all sources again, also unchanged ones, and fetches ranges; returns at once.
  void RequestReload();
  // Reads all sources again and waits. What went wrong, of each source that did; the others are in force.
  absl::Status Reload();

 private:
  using Fetched = absl::StatusOr<std::optional<IpRanges>>;

  void Run();
  // Takes what there is to take. The failures, if any.
  absl::Status LookOnce(ConfigSources::How how, std::optional<Fetched> fetched);
  void ApplyNew();
  void Tell(const ReloadResult& result) const;
  void WarnOfAge();
  void FollowRefresh();

  const Apply apply_;
  ReloadRecord* const record_;
  const Logger* const logger_;

  // The thread's own.
  ConfigSources sources_;
  std::shared_ptr<const SidecarConfig> applied_;
  std::chrono::system_clock::time_point warned_of_age_{};
  std::unique_ptr<RangesRefresh> refresh_;

  std::mutex mutex_;
  std::condition_variable wake_;      // the thread waits here
  std::condition_variable reloaded_;  // Reload waits here
  // Guarded by mutex_.
  bool stop_ = false;
  std::uint64_t requested_ = 0;  // reloads, counted
  std::uint64_t done_ = 0;       // of them
  absl::Status last_;            // of the last one that was done
  std::optional<Fetched> fetched_;

  std::thread thread_;
};

}  // namespace viaduct
