#include "origin/broker/redis/client/back_off.h"

#include <algorithm>

namespace viaduct::origin {

BackOff::BackOff(std::chrono::nanoseconds first, std::chrono::nanoseconds last, std::uint64_t seed)
    : first_(first), last_(last), bound_(first), random_(seed) {}

std::chrono::nanoseconds BackOff::Next() {
  std::uniform_int_distribution<std::int64_t> any(0, bound_.count());
  bound_ = std::min(2 * bound_, last_);
  return std::chrono::nanoseconds(any(random_));
}

}  // namespace viaduct::origin
