#pragma once

#include <cstdint>

#include "ip/ip_address.h"

namespace viaduct::filter {

// The content of the PROXY protocol header in front of a connection's bytes.
enum class ProxyHeader : std::uint8_t {
  // There was none, or none was expected: the mode has none, or the peer is not trusted.
  kNone,
  // It broke the protocol, or claims to carry a source but names no IP address. Nothing after it can be read.
  kMalformed,
  // LOCAL: the balancer speaks for itself, as in a health check.
  kLocal,
  // PROXY: it names the source of the connection.
  kSource,
};

// The facts that a host knows about a connection before its first request. A value.
struct ConnectionFacts {
  // The TCP peer's address, as the kernel reports it.
  ip::IpAddress peer;
  // Stays kNone for a peer that the policy does not trust (Policy::ReadsProxyHeader), whatever it sends.
  ProxyHeader proxy_header = ProxyHeader::kNone;
  // The source, if the header is kSource.
  ip::IpAddress proxy_source = {};
};

}  // namespace viaduct::filter
