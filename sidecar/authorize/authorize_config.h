#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "ip/address_ranges.h"
#include "net/address.h"

namespace viaduct::sidecar {

// Where other proxies may ask whether a request may pass, and what of their questions is believed: the checked form of
// the config's `authorize`. A value.
struct AuthorizeConfig {
  // Reads `proto`, which keeps the rules of its schema (ops/config/field_rules.h), and writes its defaults into it.
  // `vpc_origin`, whose defaults are filled in, holds the checks that questions are judged by. Errors begin with the
  // field's path from the config's root.
  static absl::StatusOr<AuthorizeConfig> Create(sidecar::v1::Authorize* proto, const filter::v1::VpcOrigin& vpc_origin);

  // Returns true if what `proxy`, the peer of a connection to us, says of its own peer is believed.
  bool Trusts(const net::SocketAddress& proxy) const { return proxy.is_unix() || trusted_proxies.Contains(proxy.ip()); }

  std::optional<net::SocketAddress> listen;       // in HTTP
  std::optional<net::SocketAddress> grpc_listen;  //
  // The field with the proxy's peer, in lower case; empty: that is the last member of X-Forwarded-For.
  std::string peer_field;
  ip::AddressRanges trusted_proxies;
  std::vector<std::string> trusted_prefixes;  // of which these consist
};

}  // namespace viaduct::sidecar
