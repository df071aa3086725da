#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::text {

// Returns the value of a hexadecimal digit of either case, or nullopt.
constexpr std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// Returns the byte that the escape "%XX" (RFC 3986 section 2.1) at the front of `text` stands for, or nullopt if there
// is no escape.
constexpr std::optional<unsigned char> Unescape(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const std::optional<unsigned> high = HexDigit(text[1]);
  const std::optional<unsigned> low = HexDigit(text[2]);
  if (!high.has_value() || !low.has_value()) return std::nullopt;
  return static_cast<unsigned char>(*high * 16 + *low);
}

// Returns `text` with all escapes decoded, once. A "%" that begins no escape stays as it is.
std::string PercentDecoded(std::string_view text);

}  // namespace viaduct::text
