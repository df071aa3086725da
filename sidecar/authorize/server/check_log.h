#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "net/event_loop.h"
#include "net/mutex.h"
#include "ops/log/log_line.h"
#include "ops/log/log_sink.h"
#include "ops/log/recent_lines.h"
#include "sidecar/authorize/check.h"
#include "sidecar/config/config.h"
#include "sidecar/thread/metrics.h"

namespace viaduct::sidecar {

// Writes the log line of each question that is answered on a thread other than the workers', and counts it.
//
// Thread-safe.
class CheckLog {
 public:
  // `sink` must outlive it.
  explicit CheckLog(ops::LogSink* sink) : sink_(sink), lines_(sink->lines()) {}

  // Notes a question of `proxy`, an address, that arrived at `begin` and was answered by `decision`, by the settings
  // `config`.
  void Write(const Check& check, const CheckDecision& decision, const SidecarConfig& config, std::string_view proxy,
             net::Clock::time_point begin);

  // Returns the latest `most` lines of denials that contain `text`.
  std::vector<std::string> RecentEnds(std::string_view text, std::size_t most) const;
  // One more worker's counters, for those who add them up.
  const SidecarMetrics& metrics() const { return metrics_; }

 private:
  ops::LogSink* sink_;
  mutable net::Mutex mutex_;
  ops::LogLines lines_ ABSL_GUARDED_BY(mutex_);
  ops::RecentLines recent_ends_ ABSL_GUARDED_BY(mutex_);
  SidecarMetrics metrics_;  // written under `mutex_`
};

}  // namespace viaduct::sidecar
