#include "filter/trusted_fields.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "http/field.h"

namespace viaduct {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"content-length", "host", "origin", "transfer-encoding", "via"};
// A whole family each.
constexpr std::array<std::string_view, 4> kPrefixes = {"sec-websocket-", "x-amz-cf-", "x-forwarded-", "x-viaduct-"};

constexpr bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

constexpr char Fold(char c) {
  if (!IsAlphanumeric(c)) return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool FoldsTo(std::string_view name, std::string_view folded) {
  return std::equal(name.begin(), name.end(), folded.begin(), folded.end(),
                    [](char a, char b) { return Fold(a) == b; });
}

bool IsTrusted(std::string_view name) {
  for (const std::string_view trusted : kNames) {
    if (FoldsTo(name, trusted)) return true;
  }
  for (const std::string_view prefix : kPrefixes) {
    if (FoldsTo(name.substr(0, prefix.size()), prefix)) return true;
  }
  return false;
}

}  // namespace

bool NamesTrustedField(std::string_view connection) {
  while (!connection.empty()) {
    std::size_t end = 0;
    while (end < connection.size() && IsToken(connection.substr(end, 1))) ++end;
    if (end > 0 && IsTrusted(connection.substr(0, end))) return true;
    connection.remove_prefix(std::min(end + 1, connection.size()));
  }
  return false;
}

bool IsTrustedFieldAlias(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return IsAlphanumeric(c) || c == '-'; });
  return !plain && IsTrusted(name);
}

}  // namespace viaduct
