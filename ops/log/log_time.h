#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

namespace viaduct::ops {

// Writes points in time as logs do, "2026-05-25T13:02:54.569Z": ISO 8601, UTC, milliseconds rounded down.
//
// Remembers its last text, so that the many lines of one second cost three digits and those of one millisecond nothing.
// Not thread-safe: one a thread. A value.
class LogTime {
 public:
  // Valid until the next call.
  std::string_view Text(std::chrono::system_clock::time_point now);

 private:
  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();  // Since 1970, of `text_`.
  std::int64_t millisecond_ = -1;                                   // Within that second.
  std::array<char, 24> text_{};
};

}  // namespace viaduct::ops
