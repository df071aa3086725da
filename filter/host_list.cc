#include "filter/host_list.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/char_class.h"
#include "http/field.h"
#include "ip/ip_address.h"
#include "text/ascii.h"
#include "text/field_error.h"

namespace viaduct::filter {
namespace {

constexpr std::size_t kMaxHostSize = 253;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Returns true for labels of 1 to 63 characters with a dot between each two. Reads the text in one pass.
bool IsHostName(std::string_view text) {
  constexpr std::size_t kMaxLabelSize = 63;
  if (text.size() > kMaxHostSize) return false;
  for (;;) {
    const std::size_t label = LengthOf(CharClass::kLabel, text);
    if (label == 0 || label > kMaxLabelSize) return false;
    if (label == text.size()) return true;
    if (text[label] != '.') return false;
    text.remove_prefix(label + 1);
  }
}

bool IsBracketedV6(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  const std::string_view address = text.substr(1, text.size() - 2);
  return address.find(':') != std::string_view::npos && ip::IpAddress::Parse(address).has_value();
}

// Splits off a port, whose digits may be missing. Returns false if what follows the colon is not a port.
bool TakePort(std::string_view& authority) {
  const std::size_t bracket = authority.starts_with('[') ? authority.rfind(']') : std::string_view::npos;
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return true;
  const std::string_view port = authority.substr(colon + 1);
  authority = authority.substr(0, colon);
  return port.size() <= 5 && std::all_of(port.begin(), port.end(), IsDigit);
}

}  // namespace

std::optional<std::string_view> HostWithoutPort(std::string_view authority) {
  if (!TakePort(authority)) return std::nullopt;
  if (IsBracketedV6(authority)) return authority;
  if (authority.ends_with('.')) authority.remove_suffix(1);
  if (!IsHostName(authority)) return std::nullopt;
  return authority;
}

absl::StatusOr<HostList> HostList::Create(std::span<const std::string> entries) {
  HostList list;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string_view entry = entries[i];
    const bool wildcard = entry.starts_with("*.");
    const std::string_view name = wildcard ? entry.substr(2) : entry;
    const std::optional<std::string_view> host = HostWithoutPort(name);
    const auto fail = [&](std::string_view rule) {
      return text::AtField(absl::StrCat("[", i, "]"), text::InvalidValue(entry, rule));
    };
    if (entry == "*") return fail("matches nothing; leave the list empty to allow any host");
    if (!host) return fail("is not a host name; names beyond ASCII must be in their xn-- form");
    if (host->size() != name.size() && !name.ends_with('.')) return fail("must not have a port");
    if (wildcard && host->starts_with('[')) return fail("is not a host name after \"*.\"");
    if (wildcard) {
      list.suffixes_.push_back("." + std::string(*host));
    } else {
      list.exact_.emplace_back(*host);
    }
  }
  return list;
}

bool HostList::Allows(std::string_view field) const {
  // The value is nearly always exactly one of the names, and then it need not be parsed.
  if (std::find(exact_.begin(), exact_.end(), field) != exact_.end()) return true;
  const std::optional<std::string_view> host = HostWithoutPort(field);
  if (!host) return false;
  if (exact_.empty() && suffixes_.empty()) return true;
  for (const std::string& exact : exact_) {
    if (text::EqualsIgnoreCase(*host, exact)) return true;
  }
  const std::size_t dot = host->find('.');
  if (dot == 0 || dot == std::string_view::npos) return false;
  for (const std::string& suffix : suffixes_) {
    if (text::EqualsIgnoreCase(host->substr(dot), suffix)) return true;
  }
  return false;
}

}  // namespace viaduct::filter
