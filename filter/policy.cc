#include "filter/policy.h"

#include <utility>

#include "text/error.h"

namespace viaduct::filter {
namespace {

text::Result<ip::AddressRanges> TrustedPeersOf(const PolicySpec& spec) {
  text::Result<ip::AddressRanges> peers = ip::AddressRanges::Create(spec.trusted_peers);
  if (!peers.ok()) return text::ErrorAt("trusted_peers", peers.error());
  if (peers->empty() && spec.mode != EdgeMode::kDirect) {
    return text::Error{"trusted_peers: at least one prefix is required: the balancer's subnets"};
  }
  if (spec.mode == EdgeMode::kNlb && spec.enforcements.trusted_peer != Enforcement::kEnforce) {
    return text::Error{"trusted_peer: must be ENFORCE in mode NLB, where only a trusted peer's PROXY header is read"};
  }
  return peers;
}

}  // namespace

text::Result<std::shared_ptr<const Policy>> Policy::Create(const PolicySpec& spec) {
  text::Result<ip::AddressRanges> trusted_peers = TrustedPeersOf(spec);
  if (!trusted_peers.ok()) return trusted_peers.error();

  text::Result<std::vector<ip::AddressPrefix>> edges = ip::ParsePrefixes(spec.extra_edges);
  if (!edges.ok()) return text::ErrorAt("edge_ranges.extra", edges.error());
  edges->insert(edges->end(), spec.edge_ranges.prefixes.begin(), spec.edge_ranges.prefixes.end());
  if (edges->empty()) return text::Error{"edge_ranges: at least one prefix is required; without any, no edge is known"};

  text::Result<HostList> hosts = HostList::Create(spec.hosts);
  if (!hosts.ok()) return text::ErrorAt("hosts", hosts.error());
  text::Result<OriginList> origins = OriginList::Create(spec.origins);
  if (!origins.ok()) return text::ErrorAt("origins", origins.error());

  OriginSecret secret;
  if (spec.secret) {
    text::Result<OriginSecret> created = OriginSecret::Create(spec.secret->header, spec.secret->values);
    if (!created.ok()) return created.error();
    secret = *std::move(created);
  }

  const std::shared_ptr<Policy> policy(new Policy);
  policy->mode_ = spec.mode;
  policy->trusted_peers_ = *std::move(trusted_peers);
  policy->edges_ = ip::AddressRanges(*edges);
  policy->hosts_ = *std::move(hosts);
  policy->origins_ = *std::move(origins);
  policy->secret_ = std::move(secret);
  policy->enforcements_ = spec.enforcements;
  // In this mode the edge itself is the peer, and edge_range judges it.
  if (spec.mode == EdgeMode::kDirect) policy->enforcements_.trusted_peer = Enforcement::kOff;
  return std::shared_ptr<const Policy>(policy);
}

bool Policy::MayAskForHealth(const ConnectionFacts& connection) const {
  if (!TrustsPeer(connection.peer)) return false;
  return mode_ != EdgeMode::kNlb || connection.proxy_header == ProxyHeader::kLocal ||
         connection.proxy_header == ProxyHeader::kSource;
}

}  // namespace viaduct::filter
