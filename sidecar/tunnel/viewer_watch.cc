#include "sidecar/tunnel/viewer_watch.h"

#include <algorithm>
#include <utility>

namespace viaduct::sidecar {

ViewerWatch::Verdict ViewerWatch::Look(const net::SendProgress& progress, bool more_waits, Time now) {
  const Time last_look = std::exchange(last_look_, now);
  next_look_ = now + timeout_ / 4;
  if (const std::optional<Time> since = sends_.Look(progress, more_waits, now)) {
    if (now >= *since + stall_timeout_) return Verdict::kTakesNothing;
    next_look_ = std::min(next_look_, *since + stall_timeout_);
  }
  if (!ping_end_.has_value() || progress.acknowledged < *ping_end_) return Verdict::kThere;
  if (!ping_arrived_.has_value()) ping_arrived_ = last_look;
  if (now >= *ping_arrived_ + timeout_) return Verdict::kAnswersNothing;
  next_look_ = std::min(next_look_, *ping_arrived_ + timeout_);
  return Verdict::kThere;
}

}  // namespace viaduct::sidecar
