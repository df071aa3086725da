#include "text/escape.h"

namespace viaduct::text {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

constexpr bool IsPrintable(unsigned char c) { return c >= 0x20 && c < 0x7f; }
constexpr bool IsHexDigit(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Returns the letter that follows the backslash in C's short escape of `c`, or 0 if it has none.
constexpr char ShortEscape(unsigned char c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '"':
    case '\'':
    case '\\':
      return static_cast<char>(c);
    default:
      return 0;
  }
}

}  // namespace

std::string EscapeText(std::string_view text) {
  std::string escaped;
  for (const char each : text) {
    const auto c = static_cast<unsigned char>(each);
    if (const char letter = ShortEscape(c); letter != 0) {
      escaped += {'\\', letter};
    } else if (c >= 0x80 || IsPrintable(c)) {
      escaped += each;
    } else {
      escaped += {'\\', kDigits[c >> 6], kDigits[(c >> 3) & 7], kDigits[c & 7]};
    }
  }
  return escaped;
}

std::string EscapeBytes(std::string_view bytes) {
  std::string escaped;
  bool after_hex = false;
  for (const char each : bytes) {
    const auto c = static_cast<unsigned char>(each);
    const char letter = ShortEscape(c);
    const bool hex = letter == 0 && (!IsPrintable(c) || (after_hex && IsHexDigit(c)));
    if (letter != 0) {
      escaped += {'\\', letter};
    } else if (hex) {
      escaped += {'\\', 'x', kDigits[c >> 4], kDigits[c & 15]};
    } else {
      escaped += each;
    }
    after_hex = hex;
  }
  return escaped;
}

}  // namespace viaduct::text
