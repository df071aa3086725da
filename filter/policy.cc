#include "filter/policy.h"

#include <utility>

#include "absl/status/status.h"
#include "filter/spec_error.h"

namespace viaduct {

absl::StatusOr<std::shared_ptr<const Policy>> Policy::Create(const PolicySpec& spec) {
  absl::StatusOr<AddressRanges> trusted_peers = AddressRanges::Create(spec.trusted_peers);
  if (!trusted_peers.ok()) return AtField("trusted_peers", trusted_peers.status());
  if (trusted_peers->empty()) {
    return absl::InvalidArgumentError("trusted_peers: at least one prefix is required, that of the balancer's subnets");
  }

  absl::StatusOr<std::vector<AddressPrefix>> edges = ParsePrefixes(spec.extra_edges);
  if (!edges.ok()) return AtField("edge_ranges.extra", edges.status());
  edges->insert(edges->end(), spec.edge_ranges.prefixes.begin(), spec.edge_ranges.prefixes.end());
  if (edges->empty()) return absl::InvalidArgumentError("edge_ranges: without any prefix no edge would be known");

  absl::StatusOr<HostList> hosts = HostList::Create(spec.hosts);
  if (!hosts.ok()) return AtField("hosts", hosts.status());
  absl::StatusOr<OriginList> origins = OriginList::Create(spec.origins);
  if (!origins.ok()) return AtField("origins", origins.status());

  const std::shared_ptr<Policy> policy(new Policy);
  policy->trusted_peers_ = *std::move(trusted_peers);
  policy->edges_ = AddressRanges(*edges);
  policy->hosts_ = *std::move(hosts);
  policy->origins_ = *std::move(origins);
  policy->enforcements_ = spec.enforcements;
  return std::shared_ptr<const Policy>(policy);
}

}  // namespace viaduct
