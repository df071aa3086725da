#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace viaduct::origin {

// The delay before each further attempt: random between zero and a bound that doubles ("full jitter"), so that tasks
// that lost the same Redis do not reconnect at the same time.
//
// Not thread-safe. A value.
class BackOff {
 public:
  // `first` and `last` bound; 0 < first <= last.
  BackOff(std::chrono::nanoseconds first, std::chrono::nanoseconds last, std::uint64_t seed);

  std::chrono::nanoseconds Next();
  // An attempt succeeded: starts over from the first bound.
  void Reset() { bound_ = first_; }

 private:
  const std::chrono::nanoseconds first_;
  const std::chrono::nanoseconds last_;
  std::chrono::nanoseconds bound_;
  std::mt19937_64 random_;
};

}  // namespace viaduct::origin
