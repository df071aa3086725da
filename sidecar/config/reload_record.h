#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "absl/base/thread_annotations.h"
#include "net/mutex.h"
#include "ops/metrics/metrics_page.h"
#include "ops/metrics/reload_counts.h"
#include "sidecar/config/config_sources.h"

namespace viaduct::sidecar {

// Facts about the ranges in force. A value.
struct RangesFacts {
  std::string source;  // a name of kRangesSources
  std::string sync_token;
  std::string create_date;  // as AWS writes it
  std::chrono::system_clock::time_point created;
  std::size_t prefixes = 0;
  std::size_t removed = 0;  // removed from the list but still counted

  friend bool operator==(const RangesFacts&, const RangesFacts&) = default;
};

// Records the results of reloads and the facts about the ranges in force, for the metrics page and other readers.
//
// Thread-safe.
class ReloadRecord {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  // Records that all sources were read at the start. `counts` counts the reloads of each source and must outlive it.
  ReloadRecord(ops::ReloadCounts* counts, const ConfigSources& sources, WallTime now);

  // Counts an attempt.
  void Count(const ReloadResult& result, WallTime now);
  // Notes what is in force now.
  void Note(const ConfigSources& sources);

  RangesFacts ranges() const;
  // Adds viaduct_ranges_age_seconds and related metrics. This must outlive the page.
  void AddMetrics(ops::MetricsPage* page) const;

 private:
  ops::ReloadCounts* const counts_;
  mutable net::Mutex mutex_;
  RangesFacts ranges_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::sidecar
