#include "sidecar/request/request_path.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "text/percent_encoding.h"

namespace viaduct::sidecar {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Takes the character at the front of `rest`, escaped or not; `rest` must not be empty.
char TakeUnescaped(std::string_view* rest) {
  const std::optional<unsigned char> escaped = text::Unescape(*rest);
  const char c = escaped.has_value() ? static_cast<char>(*escaped) : rest->front();
  rest->remove_prefix(escaped.has_value() ? 3 : 1);
  return c;
}

// Returns true if the escape at the front of `rest` is malformed or makes the path ambiguous.
bool IsBadEscape(std::string_view rest) {
  const std::optional<unsigned char> byte = text::Unescape(rest);
  if (!byte.has_value()) return true;
  if (*byte == '/' || *byte == '\\' || *byte < 0x20 || *byte == 0x7f) return true;
  if (*byte == 0xc0 || *byte == 0xc1) return true;  // never in UTF-8; an overlong "/" begins with it
  if (*byte != '%') return false;
  // A double escape is bad: an application that unescapes twice sees another path.
  rest.remove_prefix(3);
  for (int digits = 0; digits < 2; ++digits) {
    if (rest.empty() || !text::HexDigit(TakeUnescaped(&rest)).has_value()) return false;
  }
  return true;
}

// Returns true if `segment`, without parameters, is empty, "." or "..", escaped or not.
bool VanishesWhenResolved(std::string_view segment) {
  std::size_t dots = 0;
  while (!segment.empty()) {
    const char c = TakeUnescaped(&segment);
    if (c == ';') break;
    if (c != '.') return false;
    ++dots;
  }
  return dots <= 2;
}

bool IsAmbiguousSegment(std::string_view segment) {
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '\\' || (segment[i] == '%' && IsBadEscape(segment.substr(i)))) return true;
  }
  return VanishesWhenResolved(segment);
}

// Reads a path leniently, one character at a time.
class LenientReader {
 public:
  explicit LenientReader(std::string_view path) : rest_(path) {}

  // Returns the next character; 0 at the end.
  char Next() {
    while (!rest_.empty()) {
      const char c = Lower(TakeUnescaped(&rest_));
      if (c == '?' || c == '#') break;
      if (c != ';') return c;
      rest_.remove_prefix(std::min(rest_.find('/'), rest_.size()));
    }
    rest_ = {};
    return 0;
  }

 private:
  std::string_view rest_;
};

bool MatchesLeniently(std::string_view path, std::string_view prefix) {
  LenientReader reader(path);
  for (const char c : prefix) {
    if (reader.Next() != Lower(c)) return false;
  }
  if (prefix.ends_with('/')) return true;
  const char next = reader.Next();
  return next == 0 || next == '/';
}

}  // namespace

std::string_view TargetPath(std::string_view target) { return target.substr(0, target.find('?')); }

bool IsAmbiguousPath(std::string_view path) {
  if (!path.starts_with('/')) return true;
  for (std::string_view rest = path.substr(1); !rest.empty();) {
    const std::size_t end = rest.find('/');
    if (end == 0) return true;
    if (IsAmbiguousSegment(rest.substr(0, end))) return true;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return false;
}

PrefixMatch MatchPrefix(std::string_view path, std::string_view prefix) {
  const bool exact =
      path.starts_with(prefix) && (prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/');
  return {.exact = exact, .lenient = exact || MatchesLeniently(path, prefix)};
}

bool IsPlainPrefix(std::string_view prefix) {
  for (const char c : prefix) {
    const bool plain = (c >= '0' && c <= '9') || Lower(c) != c || (c >= 'a' && c <= 'z') ||
                       std::string_view("/-._~!$&'()*+,=:@").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return !IsAmbiguousPath(prefix);
}

}  // namespace viaduct::sidecar
