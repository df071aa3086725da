#include "filter/web_origin.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "filter/char_class.h"
#include "filter/host_name.h"
#include "text/ascii.h"
#include "text/number.h"

namespace viaduct::filter {
namespace {

struct KnownScheme {
  std::string_view name;
  std::uint16_t port;
};

constexpr std::array<KnownScheme, 4> kKnownSchemes = {{{"https", 443}, {"http", 80}, {"wss", 443}, {"ws", 80}}};

const KnownScheme* FindScheme(std::string_view scheme) {
  for (const KnownScheme& known : kKnownSchemes) {
    if (text::EqualsIgnoreCase(scheme, known.name)) return &known;
  }
  return nullptr;
}

// Returns true if the text has the form of RFC 3986 section 3.1.
bool IsScheme(std::string_view text) {
  constexpr auto is_scheme_char = [](char c) {
    return IsOf(CharClass::kAlphanumeric, c) || c == '+' || c == '-' || c == '.';
  };
  const bool begins_with_digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
  return !text.empty() && IsOf(CharClass::kAlphanumeric, text.front()) && !begins_with_digit &&
         std::all_of(text.begin(), text.end(), is_scheme_char);
}

}  // namespace

std::optional<WebOrigin> WebOrigin::Read(std::string_view text, std::string_view* rule) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || !IsScheme(text.substr(0, scheme_end))) {
    *rule = "is not \"scheme://host\", \"scheme://host:port\", \"null\" or \"same-host\"";
    return std::nullopt;
  }
  const std::string_view authority = text.substr(scheme_end + 3);
  if (authority.find('/') != std::string_view::npos) {
    *rule = "must not have a path, not even \"/\"";
    return std::nullopt;
  }
  WebOrigin origin{.scheme = text.substr(0, scheme_end), .host = {}, .port = std::nullopt};
  const KnownScheme* const known = FindScheme(origin.scheme);
  const auto [host, port] = SplitAuthority(authority);
  std::optional<std::string_view> read = ReadHost(host);
  if (!read && known == nullptr && AllOf(CharClass::kOpaqueHost, host)) read = host;
  if (!read) {
    *rule = "is not \"host\" or \"host:port\" after \"://\"; names beyond ASCII must be in their xn-- form";
    return std::nullopt;
  }
  origin.host = *read;
  if (known != nullptr) origin.port = known->port;
  if (port && !text::ReadNumber(*port, &origin.port.emplace())) {
    *rule = port->empty() ? "has a colon but no port" : "its port is not a number up to 65535";
    return std::nullopt;
  }
  return origin;
}

bool WebOrigin::IsOfWeb() const {
  return text::EqualsIgnoreCase(scheme, "https") || text::EqualsIgnoreCase(scheme, "http");
}

bool SameOrigin(const WebOrigin& a, const WebOrigin& b) {
  return a.port == b.port && text::EqualsIgnoreCase(a.scheme, b.scheme) && SameHost(a.host, b.host);
}

}  // namespace viaduct::filter
