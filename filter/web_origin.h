#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::filter {

// A web origin (RFC 6454 section 4). Views into the text that it was read from. A value.
struct WebOrigin {
  std::string_view scheme;
  std::string_view host;              // without a trailing dot; a scheme of apps may have none
  std::optional<std::uint16_t> port;  // the scheme's default if none was written; nullopt if it has no default

  // Reads "scheme://host" or "scheme://host:port". Schemes other than those of HTTP and WebSocket belong to apps, whose
  // hosts may be empty or anything: "file://", "capacitor://localhost", "app://.". Otherwise returns nullopt, and what
  // is wrong in `rule`. "null" is not an origin of this kind. Allocates no memory.
  static std::optional<WebOrigin> Read(std::string_view text, std::string_view* rule);

  // Returns true if the scheme is http or https, which pages of the Web have.
  bool IsOfWeb() const;
};

// Returns true if scheme, host and port are the same, in any letter case.
bool SameOrigin(const WebOrigin& a, const WebOrigin& b);

}  // namespace viaduct::filter
