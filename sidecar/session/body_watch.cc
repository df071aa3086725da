#include "sidecar/session/body_watch.h"

#include <algorithm>
#include <utility>

namespace viaduct::sidecar {

BodyWatch::Verdict BodyWatch::Look(const Facts& facts, Time now) {
  next_look_ = now + timeout_ / 4;
  const bool kernel_holds = facts.to_viewer.waiting > 0 || facts.to_upstream.waiting > 0;
  const Taken taken{.viewer = facts.to_viewer.acknowledged, .upstream = facts.to_upstream.acknowledged};
  // What was taken before the first look is not known.
  const bool took = taken_.has_value() ? taken != *taken_ : kernel_holds;
  if (!taken_.has_value()) taking_ = {.begin = now, .bytes = taken.viewer};
  taken_ = taken;
  if (took || facts.moved != moved_) moved_at_ = now;
  moved_ = facts.moved;
  if (now >= moved_at_ + timeout_) return Verdict::kStandsStill;
  const bool must_take = taken.viewer < std::exchange(viewer_takes_, taken.viewer + facts.to_viewer.waiting);
  return std::max(JudgeTurn(facts.must_send, facts.sent, now, &sending_),
                  JudgeTurn(must_take, taken.viewer, now, &taking_));
}

BodyWatch::Verdict BodyWatch::JudgeTurn(bool is_turn, std::uint64_t bytes, Time now, Turn* turn) const {
  if (is_turn && now < turn->begin + timeout_) return Verdict::kGoesOn;
  const std::uint64_t moved = bytes - std::exchange(*turn, {.begin = now, .bytes = bytes}).bytes;
  if (!is_turn || moved >= least_) return Verdict::kGoesOn;
  return moved == 0 ? Verdict::kStandsStill : Verdict::kTooSlow;
}

}  // namespace viaduct::sidecar
