#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "net/event_loop.h"

namespace viaduct::sidecar {

// Decides when to ask ECS to protect this task from scale-in and deployments, and when to give the protection up: it is
// wanted while tunnels are open. Time and facts in, calls out; it makes none itself.
//
// ECS throttles who asks often. So it asks only when the first tunnel opens, when a protection is due to be renewed,
// and when there has been no tunnel for a while or a drain is over; one call at a time, and after a failure only once a
// back-off is over, which doubles from 1 s to 60 s and is cut by up to a half at random. Only the end of a drain does
// not wait for it, once: a task that is done must not stand in the way of a deployment.
//
// Not thread-safe. A value. `now` must not go backwards.
class TaskProtection {
 public:
  struct Settings {
    net::Clock::duration expires_after{};   // after which ECS drops a protection that is not renewed
    net::Clock::duration renew_interval{};  // shorter than that
    net::Clock::duration idle_hold{};       // for which a protection is kept without a tunnel
  };
  TaskProtection(const Settings& settings, std::uint32_t seed) : settings_(settings), random_(seed) {}

  // What is going on: `busy` while a tunnel is open, `drained` once a drain is over.
  struct Facts {
    bool busy = false;
    bool drained = false;
  };

  enum class Call : std::uint8_t { kProtect, kRelease };
  // The call to make now, if any. Then no other until Answered.
  std::optional<Call> Next(net::Clock::time_point now, Facts facts);

  enum class Outcome : std::uint8_t {
    kDone,      // it is as it was asked
    kRefused,   // it is as it was
    kUncertain  // either
  };
  void Answered(net::Clock::time_point now, Outcome outcome);

  // Whether ECS said so, and it has not run out.
  bool is_protected(net::Clock::time_point now) const { return now < protected_until_; }

 private:
  void BackOff(net::Clock::time_point now);

  static constexpr net::Clock::time_point kLongAgo = net::Clock::time_point::min();

  Settings settings_;
  std::minstd_rand random_;
  std::optional<Call> calling_;
  net::Clock::time_point called_at_ = kLongAgo;
  std::optional<net::Clock::time_point> idle_since_;          // nullopt: there is a tunnel
  net::Clock::time_point protected_until_ = kLongAgo;         // as far as ECS said
  net::Clock::time_point may_be_protected_until_ = kLongAgo;  // as far as it might have done without our knowing
  net::Clock::time_point renew_at_ = kLongAgo;
  net::Clock::time_point retry_at_ = kLongAgo;
  net::Clock::duration back_off_{};  // 0: the last call was done
  bool drained_ = false;
};

}  // namespace viaduct::sidecar
