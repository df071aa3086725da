#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace viaduct::origin {

// How long to wait before each next attempt: anything from nothing to a bound that doubles ("full jitter"), so that
// many tasks that lost one Redis at once do not come back to it at once.
//
// Not thread-safe. A value.
class BackOff {
 public:
  // The first bound, above zero, and the last one, not below it.
  BackOff(std::chrono::nanoseconds first, std::chrono::nanoseconds last, std::uint64_t seed);

  std::chrono::nanoseconds Next();
  // An attempt went well: begins anew.
  void Reset() { bound_ = first_; }

 private:
  const std::chrono::nanoseconds first_;
  const std::chrono::nanoseconds last_;
  std::chrono::nanoseconds bound_;
  std::mt19937_64 random_;
};

}  // namespace viaduct::origin
