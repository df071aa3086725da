#include "filter/trusted_fields.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "filter/char_class.h"
#include "http/field.h"

namespace viaduct::filter {
namespace {

// Maps every separator that an alias may have to '-', and letters to lower case.
constexpr char Fold(char c) {
  if (!IsOf(CharClass::kAlphanumeric, c)) return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool BeginsLike(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && IsFieldOrAlias(name.substr(0, prefix.size()), prefix);
}

// Returns true if some trusted field's name begins with this letter; most fields of a request begin with another.
constexpr bool BeginsTrustedField(char c) {
  constexpr std::uint32_t kLetters = 1 << ('c' - 'a') | 1 << ('h' - 'a') | 1 << ('o' - 'a') | 1 << ('s' - 'a') |
                                     1 << ('t' - 'a') | 1 << ('v' - 'a') | 1 << ('x' - 'a');
  const int letter = Fold(c) - 'a';
  return letter >= 0 && (kLetters >> letter & 1) != 0;
}

}  // namespace

bool IsFieldOrAlias(std::string_view name, std::string_view field) {
  return std::equal(name.begin(), name.end(), field.begin(), field.end(), [](char a, char b) { return Fold(a) == b; });
}

bool IsTrustedField(std::string_view name) {
  if (name.empty()) return false;
  switch (Fold(name.front())) {
    case 'c':
      return IsFieldOrAlias(name, "content-length");
    case 'h':
      return IsFieldOrAlias(name, "host");
    case 'o':
      return IsFieldOrAlias(name, "origin");
    case 's':
      return BeginsLike(name, "sec-websocket-");
    case 't':
      return IsFieldOrAlias(name, "transfer-encoding");
    case 'v':
      return IsFieldOrAlias(name, "via");
    case 'x':
      return BeginsLike(name, "x-amz-cf-") || BeginsLike(name, "x-forwarded-") || BeginsLike(name, "x-viaduct-");
    default:
      return false;
  }
}

bool NamesTrustedField(std::string_view connection, std::string_view secret) {
  while (!connection.empty()) {
    const std::size_t end = http::TokenLength(connection);
    const std::string_view name = connection.substr(0, end);
    if (end > 0 && (IsTrustedField(name) || IsFieldOrAlias(name, secret))) return true;
    connection.remove_prefix(std::min(end + 1, connection.size()));
  }
  return false;
}

bool IsTrustedFieldAlias(std::string_view name) {
  return !name.empty() && BeginsTrustedField(name.front()) && !AllOf(CharClass::kPlainName, name) &&
         IsTrustedField(name);
}

}  // namespace viaduct::filter
