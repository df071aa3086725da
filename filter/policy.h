#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filter/connection_facts.h"
#include "filter/host_list.h"
#include "filter/ip_ranges_json.h"
#include "filter/origin_list.h"
#include "filter/origin_secret.h"
#include "ip/address_ranges.h"
#include "ip/ip_address.h"
#include "text/result.h"

namespace viaduct::filter {

// The place where the CloudFront edge's address is found: filter.v1.Mode.
enum class EdgeMode : std::uint8_t {
  // Behind an Application Load Balancer: the last member of X-Forwarded-For.
  kAlb,
  // Behind a Network Load Balancer: the source in its PROXY v2 header.
  kNlb,
  // No balancer is visible: the TCP peer.
  kDirect,
};

// The treatment of requests that fail a check.
enum class Enforcement : std::uint8_t {
  // The request is denied.
  kEnforce,
  // The request continues; the verdict says what it would have been denied for.
  kMonitor,
  // The check is not made.
  kOff,
};

// One member for each check that can be relaxed, named like VpcOrigin's fields (api/filter/v1/filter.proto).
struct CheckEnforcements {
  Enforcement trusted_peer = Enforcement::kEnforce;
  Enforcement edge_range = Enforcement::kEnforce;
  Enforcement via = Enforcement::kEnforce;
  Enforcement cf_id = Enforcement::kEnforce;
  Enforcement host = Enforcement::kEnforce;
  Enforcement origin = Enforcement::kEnforce;
  Enforcement secret = Enforcement::kEnforce;
};

// The origin secret: VpcOrigin.secret with the values from its sources.
struct SecretSpec {
  // Empty: OriginSecret::kDefaultHeader.
  std::string header;
  std::vector<NamedSecret> values;
};

// An operator's settings about trusting traffic, not yet checked. The texts are those of VpcOrigin.
struct PolicySpec {
  EdgeMode mode = EdgeMode::kAlb;
  // Required except in mode DIRECT.
  std::vector<std::string> trusted_peers;
  // CloudFront's published prefixes, as from ParseIpRangesJson or BuiltinRanges.
  IpRanges edge_ranges;
  // Further prefixes that count as edges: edge_ranges.extra. There must be an edge here or in `edge_ranges`.
  std::vector<std::string> extra_edges;
  // Empty allows any host.
  std::vector<std::string> hosts;
  // Empty allows any origin.
  std::vector<std::string> origins;
  // Absent if no secret is required.
  std::optional<SecretSpec> secret;
  CheckEnforcements enforcements;
};

// The checked settings that requests are judged by. Immutable and shared by all sessions: a change of settings makes a
// new Policy. All methods may be called from any thread.
class Policy {
 public:
  // The only way to make a policy. An error's message begins with the path of the field at fault (text/field_error.h).
  static text::Result<std::shared_ptr<const Policy>> Create(const PolicySpec& spec);

  EdgeMode mode() const { return mode_; }

  // Returns true if `peer` is one of our load balancers, whatever the check's enforcement.
  bool TrustsPeer(const ip::IpAddress& peer) const { return trusted_peers_.Contains(peer); }
  // Returns true if a connection of this peer must begin with a PROXY v2 header. A header of any other peer must not be
  // read.
  bool ReadsProxyHeader(const ip::IpAddress& peer) const { return mode_ == EdgeMode::kNlb && TrustsPeer(peer); }
  // Returns true if the host itself answers the health path on this connection, without the checks.
  bool MayAskForHealth(const ConnectionFacts& connection) const;
  // Returns true if CloudFront connects to origins from this address.
  bool IsEdge(const ip::IpAddress& address) const { return edges_.Contains(address); }
  // Return the range that contains the address.
  std::optional<ip::AddressRange> TrustedRange(const ip::IpAddress& peer) const { return trusted_peers_.Find(peer); }
  std::optional<ip::AddressRange> EdgeRange(const ip::IpAddress& address) const { return edges_.Find(address); }
  // Return true if the values of the fields Host and Origin are allowed; see HostList and OriginList.
  bool AllowsHost(std::string_view host) const { return hosts_.Allows(host); }
  bool AllowsOrigin(std::string_view origin, std::string_view host) const { return origins_.Allows(origin, host); }

  // The secret that the header must carry; not required if the spec had none.
  const OriginSecret& secret() const { return secret_; }

  // The enforcements. In mode DIRECT, trusted_peer is OFF.
  const CheckEnforcements& enforcements() const { return enforcements_; }

 private:
  Policy() = default;

  EdgeMode mode_ = EdgeMode::kAlb;
  ip::AddressRanges trusted_peers_;
  ip::AddressRanges edges_;
  HostList hosts_;
  OriginList origins_;
  OriginSecret secret_;
  CheckEnforcements enforcements_;
};

}  // namespace viaduct::filter
