#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

namespace viaduct::ops {

// Formats points in time as logs do, "2026-05-25T13:02:54.569Z": ISO 8601, UTC, milliseconds rounded down.
//
// Remembers its last text, so the lines of one second cost only three digits and those of one millisecond nothing. Not
// thread-safe: use one for each thread. A value.
class LogTime {
 public:
  // Returns the text, which is valid until the next call.
  std::string_view Text(std::chrono::system_clock::time_point now);

 private:
  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();  // The second in `text_`, since 1970.
  std::int64_t millisecond_ = -1;                                   // The millisecond within it.
  std::array<char, 24> text_{};
};

}  // namespace viaduct::ops
