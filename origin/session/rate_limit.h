#pragma once

#include <algorithm>
#include <chrono>

#include "net/event_loop.h"

namespace viaduct::origin {

// Limits how often something may happen. A token bucket, stored as the one instant at which it would be full.
//
// Not thread-safe. A value of eight bytes.
class RateLimit {
 public:
  // `burst` at once after a pause, and one every `interval` on average. An interval of 0 allows everything.
  struct Rule {
    std::chrono::nanoseconds interval{0};
    int burst = 1;

    bool operator==(const Rule& other) const = default;

    static Rule PerSecond(int rate, int burst) {
      if (rate == 0) return {};
      return {.interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / rate, .burst = burst};
    }
  };

  // Takes one token. Returns false, and takes nothing, if there is none. `now` must not go backwards, and the rule must
  // stay the same.
  bool Take(const Rule& rule, net::Clock::time_point now) {
    if (rule.interval.count() == 0) return true;
    const net::Clock::time_point full = std::max(full_, now) + rule.interval;
    if (full - now > rule.interval * rule.burst) return false;
    full_ = full;
    return true;
  }

 private:
  net::Clock::time_point full_ = net::Clock::time_point::min();
};

}  // namespace viaduct::origin
