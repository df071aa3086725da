#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "filter/ip_ranges_json.h"
#include "ops/config/reload_thread.h"
#include "ops/log/logger.h"
#include "sidecar/config/config.h"
#include "sidecar/config/config_sources.h"
#include "sidecar/config/ranges/ranges_refresh.h"
#include "sidecar/config/reload_record.h"

namespace viaduct::sidecar {

// Keeps a running sidecar up to date with its sources: checks the files every second, fetches ranges if the config says
// so, and hands over the new settings. Reading, parsing and building happen on a separate thread.
//
// Logs each change, and each failure to take one over, once, and ranges that are too old once a day.
//
// All methods may be called from any thread.
class ConfigWatch {
 public:
  // Puts settings in force; see Server::Apply. Called on that thread.
  using Apply = std::function<absl::Status(std::shared_ptr<const SidecarConfig>)>;

  // `record` and `logger` must outlive it.
  ConfigWatch(ConfigSources sources, Apply apply, ReloadRecord* record, const ops::Logger* logger);
  // Waits for work in progress.
  ~ConfigWatch();
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;

  // Requests that all sources are read again, including unchanged ones, and ranges fetched; returns at once.
  void RequestReload() { thread_.RequestReload(); }
  // Reads all sources again and waits. Returns the error of each source that failed; the others are in force.
  absl::Status Reload() { return thread_.Reload(); }

 private:
  using Fetched = absl::StatusOr<std::optional<filter::IpRanges>>;

  // Takes over everything that changed; returns the failures, if any.
  absl::Status LookOnce(ConfigSources::How how);
  std::optional<Fetched> TakeFetched();
  void ApplyNew();
  void Tell(const ReloadResult& result) const;
  void WarnOfAge();
  void FollowRefresh();

  const Apply apply_;
  ReloadRecord* const record_;
  const ops::Logger* const logger_;

  // Used only by the thread.
  ConfigSources sources_;
  std::shared_ptr<const SidecarConfig> applied_;
  std::chrono::system_clock::time_point warned_of_age_{};
  std::unique_ptr<RangesRefresh> refresh_;

  std::mutex mutex_;
  std::optional<Fetched> fetched_;  // guarded by mutex_

  ops::ReloadThread thread_;
};

}  // namespace viaduct::sidecar
