#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "net/event_loop.h"

namespace viaduct::sidecar {

// Decides when to ask ECS to protect this task from scale-in and deployments, and when to give the protection up: it is
// wanted while tunnels are open. Takes the time and facts and returns calls; makes none itself.
//
// ECS throttles frequent calls. So it calls only when the first tunnel opens, when a protection is due to be renewed,
// and when there has been no tunnel for a while or a drain is over. It makes one call at a time, and after a failure
// only when a back-off is over, which doubles from 1 s to 60 s and is shortened by up to a half at random. Only the end
// of a drain does not wait for the back-off, once: a task that is done must not delay a deployment.
//
// Not thread-safe. A value. `now` must not go backwards.
class TaskProtection {
 public:
  struct Settings {
    net::Clock::duration expires_after{};   // ECS drops a protection that is not renewed for this long
    net::Clock::duration renew_interval{};  // shorter than expires_after
    net::Clock::duration idle_hold{};       // a protection is kept for this long without a tunnel
  };
  TaskProtection(const Settings& settings, std::uint32_t seed) : settings_(settings), random_(seed) {}

  // The state of the task: `busy` while a tunnel is open, `drained` once a drain is over.
  struct Facts {
    bool busy = false;
    bool drained = false;
  };

  enum class Call : std::uint8_t { kProtect, kRelease };
  // Returns the call to make now, if any. After a call, returns no other until Answered.
  std::optional<Call> Next(net::Clock::time_point now, Facts facts);

  enum class Outcome : std::uint8_t {
    kDone,      // the protection is as requested
    kRefused,   // the protection is unchanged
    kUncertain  // either of these
  };
  void Answered(net::Clock::time_point now, Outcome outcome);

  // True if ECS said so and the protection has not expired.
  bool is_protected(net::Clock::time_point now) const { return now < protected_until_; }

 private:
  void BackOff(net::Clock::time_point now);

  static constexpr net::Clock::time_point kLongAgo = net::Clock::time_point::min();

  Settings settings_;
  std::minstd_rand random_;
  std::optional<Call> calling_;
  net::Clock::time_point called_at_ = kLongAgo;
  std::optional<net::Clock::time_point> idle_since_;          // nullopt: there is a tunnel
  net::Clock::time_point protected_until_ = kLongAgo;         // according to ECS
  net::Clock::time_point may_be_protected_until_ = kLongAgo;  // by a call whose result we do not know
  net::Clock::time_point renew_at_ = kLongAgo;
  net::Clock::time_point retry_at_ = kLongAgo;
  net::Clock::duration back_off_{};  // 0 if the last call succeeded
  bool drained_ = false;
};

}  // namespace viaduct::sidecar
