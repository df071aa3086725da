#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "net/mutex.h"
#include "ops/metrics/metrics_page.h"

namespace viaduct::ops {

// Counts the reloads of a program's sources, each by its name, for the metrics page.
//
// Thread-safe.
class ReloadCounts {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  enum class Source : std::uint8_t { kRead, kNotRead };
  // Begins to count a source. `read` says whether it was read, and found good, at the start.
  void Add(std::string_view source, Source read, WallTime now);
  // Counts an attempt. For Count and SetStale, the source must have been added.
  void Count(std::string_view source, bool ok, WallTime now);
  void SetStale(std::string_view source, bool stale);

  // Adds viaduct_reloads_total and the related metrics. This must outlive the page.
  void AddMetrics(MetricsPage* page) const;

 private:
  struct Counts {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
    WallTime last_success{};  // the clock's zero if there was none yet
    bool stale = false;
  };
  using All = std::map<std::string, Counts, std::less<>>;

  All counts() const;

  mutable net::Mutex mutex_;
  All counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::ops
