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

}  // namespace

bool IsFieldOrAlias(std::string_view name, std::string_view field) {
  return std::equal(name.begin(), name.end(), field.begin(), field.end(), [](char a, char b) { return Fold(a) == b; });
}

bool IsTrustedField(std::string_view name) {
  for (const std::string_view trusted : kNames) {
    if (IsFieldOrAlias(name, trusted)) return true;
  }
  for (const std::string_view prefix : kPrefixes) {
    if (IsFieldOrAlias(name.substr(0, prefix.size()), prefix)) return true;
  }
  return false;
}

bool NamesTrustedField(std::string_view connection, std::string_view secret) {
  while (!connection.empty()) {
    std::size_t end = 0;
    while (end < connection.size() && IsToken(connection.substr(end, 1))) ++end;
    const std::string_view name = connection.substr(0, end);
    if (end > 0 && (IsTrustedField(name) || IsFieldOrAlias(name, secret))) return true;
    connection.remove_prefix(std::min(end + 1, connection.size()));
  }
  return false;
}

bool IsTrustedFieldAlias(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return IsAlphanumeric(c) || c == '-'; });
  return !plain && IsTrustedField(name);
}

}  // namespace viaduct
