#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/send_watch.h"

namespace viaduct::sidecar {

// Judges whether a viewer is still there, while that is in doubt: bytes wait for it, or a ping of ours has no answer.
//
// A viewer that accepts bytes is there, however slowly: what counts is what its kernel has acknowledged, not whether
// our kernel accepts more. It may accept none for a while although it reads: a kernel that has told of a full buffer
// tells of room only when much of it is free. A ping that waits behind other bytes has not been heard yet, so the time
// for its answer starts when it is acknowledged. Behind a balancer, this only shows that the balancer has the ping, so
// an answer is required all the same.
//
// There are four looks in each timeout for answers, which is how exact it is. It sees no socket and reads no clock. A
// value.
class ViewerWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = Time::duration;

  enum class Verdict : std::uint8_t {
    kThere,           // or not known to be gone
    kTakesNothing,    // accepted none of the bytes that wait for it, for the stall timeout
    kAnswersNothing,  // sent nothing for the timeout after the last ping that it may leave unanswered
  };

  // The doubt began at `now`. `timeout` is for answers, `stall_timeout` for accepting bytes.
  ViewerWatch(Duration timeout, Duration stall_timeout, Time now)
      : timeout_(timeout), stall_timeout_(stall_timeout), sends_(now), last_look_(now), next_look_(now + timeout / 4) {}

  // The last ping that may be left unanswered was sent by `now`: it ends where the viewer has acknowledged so many
  // bytes.
  void ExpectAnswer(std::uint64_t ping_end, Time now) {
    ping_end_ = ping_end;
    ping_arrived_.reset();
    last_look_ = now;
  }
  bool expects_answer() const { return ping_end_.has_value(); }
  // Reports a byte from the viewer.
  void OnAnswer() { ping_end_.reset(); }

  // The time of the next look.
  Time next_look() const { return next_look_; }
  // `more_waits` is true if bytes wait for the viewer that the kernel was not given yet.
  Verdict Look(const net::SendProgress& progress, bool more_waits, Time now);

 private:
  Duration timeout_;
  Duration stall_timeout_;
  net::SendWatch sends_;
  std::optional<std::uint64_t> ping_end_;
  std::optional<Time> ping_arrived_;  // at the earliest
  Time last_look_;                    // or the ping, if that was later
  Time next_look_;
};

}  // namespace viaduct::sidecar
