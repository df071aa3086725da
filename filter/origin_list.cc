#include "filter/origin_list.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/host_list.h"
#include "http/field.h"
#include "text/ascii.h"
#include "text/field_error.h"

namespace viaduct::filter {
namespace {

constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsSchemeChar(char c) { return IsLower(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; }

struct OriginParts {
  std::string_view scheme;
  // The host and the port.
  std::string_view authority;
};

std::optional<OriginParts> Split(std::string_view origin) {
  const std::size_t end = origin.find("://");
  if (end == std::string_view::npos) return std::nullopt;
  return OriginParts{origin.substr(0, end), origin.substr(end + 3)};
}

// Returns true if browsers omit the port of this origin.
bool HasDefaultPort(const OriginParts& parts) {
  constexpr std::array<OriginParts, 4> kDefaults = {
      {{"http", ":80"}, {"https", ":443"}, {"ws", ":80"}, {"wss", ":443"}}};
  return std::any_of(kDefaults.begin(), kDefaults.end(), [&](const OriginParts& known) {
    return parts.scheme == known.scheme && parts.authority.ends_with(known.authority);
  });
}

// Returns what is wrong with a configured origin; empty if nothing is.
std::string_view Fault(std::string_view origin) {
  if (origin.find('*') != std::string_view::npos) {
    return "wildcards are not supported; leave the list empty to allow any origin";
  }
  if (std::any_of(origin.begin(), origin.end(), IsUpper)) return "browsers send origins in lower case";
  const std::optional<OriginParts> parts = Split(origin);
  if (!parts || parts->scheme.empty() || !IsLower(parts->scheme.front()) ||
      !std::all_of(parts->scheme.begin(), parts->scheme.end(), IsSchemeChar)) {
    return "is not \"scheme://host\", \"scheme://host:port\", \"null\" or \"same-host\"";
  }
  if (parts->authority.find('/') != std::string_view::npos) return "must not have a path, not even \"/\"";
  if (!HostWithoutPort(parts->authority)) return "is not \"host\" or \"host:port\" after \"://\"";
  if (parts->authority.ends_with(':')) return "has a colon but no port";
  if (HasDefaultPort(*parts)) return "browsers omit the scheme's default port";
  return "";
}

}  // namespace

absl::StatusOr<OriginList> OriginList::Create(std::span<const std::string> entries) {
  OriginList list;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& entry = entries[i];
    if (entry == "same-host") {
      list.same_host_ = true;
      continue;
    }
    const std::string_view fault = entry == "null" ? "" : Fault(entry);
    if (!fault.empty()) return text::AtField(absl::StrCat("[", i, "]"), text::InvalidValue(entry, fault));
    list.exact_.push_back(entry);
  }
  return list;
}

bool OriginList::Allows(std::string_view origin, std::string_view host) const {
  if (exact_.empty() && !same_host_) return true;
  if (std::find(exact_.begin(), exact_.end(), origin) != exact_.end()) return true;
  if (!same_host_) return false;
  const std::optional<OriginParts> parts = Split(origin);
  if (!parts || (parts->scheme != "https" && parts->scheme != "http")) return false;
  const std::optional<std::string_view> origin_host = HostWithoutPort(parts->authority);
  const std::optional<std::string_view> own_host = HostWithoutPort(host);
  return origin_host && own_host && text::EqualsIgnoreCase(*origin_host, *own_host);
}

}  // namespace viaduct::filter
