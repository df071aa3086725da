#pragma once

#include <array>
#include <ctime>
#include <string_view>

namespace viaduct::origin {

// Formats times for the Date field, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). Caches the last text.
//
// Not thread-safe; use one for each thread.
class HttpDate {
 public:
  // Valid until the next call. `now` is in seconds since 1970, before the year 10000.
  std::string_view Text(std::time_t now);

 private:
  std::time_t second_ = -1;
  std::array<char, 32> text_{};
};

}  // namespace viaduct::origin
