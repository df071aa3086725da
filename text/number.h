#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace viaduct::text {

// Reads all of `text` as a decimal integer: digits, after an optional "-" if Number is signed, and nothing else.
// Returns false for other text and for values that do not fit into Number; `number` is unspecified then.
template <typename Number>
bool ReadNumber(std::string_view text, Number* number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end;
}

}  // namespace viaduct::text
