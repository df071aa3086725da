#include "filter/host_name.h"

#include <algorithm>
#include <cstddef>

#include "filter/char_class.h"
#include "ip/ip_address.h"
#include "text/ascii.h"

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

// Returns true for up to five digits, or none, of at most 65535.
bool IsPort(std::string_view text) {
  constexpr std::string_view kGreatest = "65535";
  if (text.size() > kGreatest.size() || !std::all_of(text.begin(), text.end(), IsDigit)) return false;
  return text.size() < kGreatest.size() || text <= kGreatest;
}

std::optional<ip::IpAddress> BracketedV6(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  const std::string_view address = text.substr(1, text.size() - 2);
  if (address.find(':') == std::string_view::npos) return std::nullopt;
  return ip::IpAddress::Parse(address);
}

}  // namespace

Authority SplitAuthority(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.rfind(']') : std::string_view::npos;
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {.host = text, .port = std::nullopt};
  return {.host = text.substr(0, colon), .port = text.substr(colon + 1)};
}

std::optional<std::string_view> ReadHost(std::string_view text) {
  if (BracketedV6(text)) return text;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (!IsHostName(text)) return std::nullopt;
  return text;
}

std::optional<std::string_view> HostWithoutPort(std::string_view authority) {
  const auto [host, port] = SplitAuthority(authority);
  if (port && !IsPort(*port)) return std::nullopt;
  return ReadHost(host);
}

bool SameHost(std::string_view a, std::string_view b) {
  if (text::EqualsIgnoreCase(a, b)) return true;
  const std::optional<ip::IpAddress> address = BracketedV6(a);
  return address && address == BracketedV6(b);
}

}  // namespace viaduct::filter
