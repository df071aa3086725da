#include "sidecar/ecs/task_protection.h"

#include <algorithm>

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;

constexpr net::Clock::duration kFirstBackOff = seconds(1);
constexpr net::Clock::duration kLongestBackOff = seconds(60);

}  // namespace

std::optional<TaskProtection::Call> TaskProtection::Next(net::Clock::time_point now, Facts facts) {
  if (facts.busy) idle_since_.reset();
  if (!facts.busy && !idle_since_.has_value()) idle_since_ = now;
  if (facts.drained && !drained_) retry_at_ = now;
  drained_ = facts.drained;
  if (calling_.has_value()) return std::nullopt;

  const bool may_be_protected = now < may_be_protected_until_;
  const bool held = may_be_protected && !facts.busy && now - *idle_since_ < settings_.idle_hold;
  const bool wanted = !facts.drained && (facts.busy || held);
  const bool due = wanted ? now >= renew_at_ : may_be_protected;
  if (!due || now < retry_at_) return std::nullopt;
  calling_ = wanted ? Call::kProtect : Call::kRelease;
  called_at_ = now;
  return calling_;
}

void TaskProtection::Answered(net::Clock::time_point now, Outcome outcome) {
  const bool protect = calling_ == Call::kProtect;
  calling_.reset();
  if (outcome == Outcome::kRefused) return BackOff(now);
  if (outcome == Outcome::kUncertain) {
    if (protect) {
      may_be_protected_until_ = std::max(may_be_protected_until_, now + settings_.expires_after);
    } else {
      protected_until_ = kLongAgo;
      renew_at_ = kLongAgo;
    }
    return BackOff(now);
  }
  back_off_ = {};
  retry_at_ = kLongAgo;
  // ECS starts its clock some time after the call was made.
  protected_until_ = protect ? called_at_ + settings_.expires_after : kLongAgo;
  may_be_protected_until_ = protect ? now + settings_.expires_after : kLongAgo;
  renew_at_ = protect ? called_at_ + settings_.renew_interval : kLongAgo;
}

void TaskProtection::BackOff(net::Clock::time_point now) {
  back_off_ = back_off_ == net::Clock::duration::zero() ? kFirstBackOff : std::min(2 * back_off_, kLongestBackOff);
  const double share = std::uniform_real_distribution<double>(0.5, 1.0)(random_);
  retry_at_ = now + std::chrono::duration_cast<net::Clock::duration>(back_off_ * share);
}

}  // namespace viaduct::sidecar
