#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::text {

// An http or https URL, split up. A value.
struct Url {
  bool https = false;
  std::string host;  // a DNS name or an IP address, without brackets
  bool host_is_address = false;
  std::uint16_t port = 0;  // 80 or 443 if none was written
  std::string authority;   // host and port as they were written, as the field Host has them
  std::string target;      // path and query; "" if none was written
};

// Reads "http://HOST[:PORT][/PATH[?QUERY]]", or the same with https. HOST is a DNS name, an IPv4 address or an IPv6
// address in brackets. Returns nullopt for everything else: among others for user information, fragments, white space
// and control characters, which could end the line of a request early.
std::optional<Url> ParseUrl(std::string_view text);

}  // namespace viaduct::text
