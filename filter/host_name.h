#pragma once

#include <optional>
#include <string_view>

namespace viaduct::filter {

// The two parts of "host" or "host:port". Views into the text that was split.
struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;  // nullopt without a colon; may be empty or not a number
};

// Splits at the first colon, which must be behind the brackets of an IPv6 address.
Authority SplitAuthority(std::string_view text);

// Returns `text` without one trailing dot if it is a host name, an IPv4 address or a bracketed IPv6 address; otherwise
// nullopt. Keeps the letter case.
std::optional<std::string_view> ReadHost(std::string_view text);

// Returns the host in a Host field, without the port, as ReadHost does. Returns nullopt if the text is not a host with
// or without a port, whose digits may be missing (RFC 3986 section 3.2).
std::optional<std::string_view> HostWithoutPort(std::string_view authority);

// Returns true if two hosts, as ReadHost returns them, are the same: in any letter case, and in any spelling of an IPv6
// address.
bool SameHost(std::string_view a, std::string_view b);

}  // namespace viaduct::filter
