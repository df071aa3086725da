#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "net/mutex.h"
#include "ops/metrics_page.h"
#include "sidecar/config_sources.h"
#include "sidecar/reload_source.h"

namespace viaduct {

// What can be told of the ranges in force. A value.
struct RangesFacts {
  std::string origin;  // RangesOriginName
  std::string sync_token;
  std::string create_date;  // as AWS writes it
  std::chrono::system_clock::time_point created;
  std::size_t prefixes = 0;
  std::size_t removed = 0;  // went off the list and still count

  friend bool operator==(const RangesFacts&, const RangesFacts&) = default;
};

// What became of the reloads, for the metrics page and for whoever else asks.
//
// Thread-safe.
class ReloadRecord {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  // That all was read at the start.
  ReloadRecord(const ConfigSources& sources, WallTime now);

  // Counts an attempt.
  void Count(const ReloadResult& result, WallTime now);
  // Notes what is in force now.
  void Note(const ConfigSources& sources);

  RangesFacts ranges() const;
  // Adds viaduct_reloads_total and its like, which read this for as long as the page lives.
  void AddMetrics(MetricsPage* page) const;

 private:
  struct Counts {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
    WallTime last_success{};  // the clock's zero: none yet
    bool stale = false;
  };
  using All = std::array<Counts, kReloadSourceCount>;

  All counts() const;

  mutable Mutex mutex_;
  All counts_ ABSL_GUARDED_BY(mutex_);
  RangesFacts ranges_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct
