#pragma once

#include <cstdint>

#include "ip/ip_address.h"

namespace viaduct::filter {

// What the PROXY protocol header in front of a connection's bytes said.
enum class ProxyHeader : std::uint8_t {
  // None was there, or none was looked for: the mode has none, or the peer is not trusted to say anything.
  kNone,
  // It broke the protocol, or claims to carry a source but names no IP address. Nothing behind it can be read.
  kMalformed,
  // The balancer speaks for itself, as in a health check: LOCAL.
  kLocal,
  // It names the source of the connection: PROXY.
  kSource,
};

// What a host knows of a connection before any request on it. A value.
struct ConnectionFacts {
  // The TCP peer's address, as the kernel says it.
  ip::IpAddress peer;
  // Whatever a peer sends that the policy does not trust (Policy::ReadsProxyHeader), this stays kNone.
  ProxyHeader proxy_header = ProxyHeader::kNone;
  // Of a header that is kSource.
  ip::IpAddress proxy_source = {};
};

}  // namespace viaduct::filter
