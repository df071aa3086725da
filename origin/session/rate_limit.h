#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

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
    std::int64_t burst = 1;

    bool operator==(const Rule& other) const = default;

    // `rate` is at most 1,000,000,000.
    static Rule PerSecond(std::int64_t rate, std::int64_t burst) {
      if (rate == 0) return {};
      return {.interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / rate, .burst = burst};
    }
  };

  // Takes tokens. Returns false, and takes nothing, if there are too few; more than a burst may be taken at once after
  // a pause. `now` must not go backwards, and the rule must stay the same.
  bool Take(const Rule& rule, net::Clock::time_point now, std::int64_t tokens = 1) {
    if (rule.interval.count() == 0) return true;
    const net::Clock::time_point full = std::max(full_, now) + rule.interval * tokens;
    if (full - now > rule.interval * std::max(rule.burst, tokens)) return false;
    full_ = full;
    return true;
  }

 private:
  net::Clock::time_point full_ = net::Clock::time_point::min();
};

}  // namespace viaduct::origin
