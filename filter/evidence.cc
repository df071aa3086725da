#include "filter/evidence.h"

#include "filter/host_list.h"
#include "filter/trusted_fields.h"
#include "http/field.h"

namespace viaduct {
namespace {

void AddField(const Field& field, Evidence& evidence) {
  const auto is = [&](std::string_view name) { return EqualsIgnoreCase(field.name, name); };
  if (is("x-forwarded-for")) {
    evidence.forwarded.AddLine(field.value);
  } else if (is("via")) {
    evidence.via.AddLine(field.value);
  } else if (is("x-amz-cf-id")) {
    evidence.cf_id.AddLine(field.value);
  } else if (is("host")) {
    evidence.host.AddLine(field.value);
  } else if (is("origin")) {
    evidence.origin.AddLine(field.value);
  } else if (is("cloudfront-viewer-address")) {
    evidence.cloudfront_viewer_address.AddLine(field.value);
  } else if (evidence.policy.secret().required() && is(evidence.policy.secret().header())) {
    evidence.secret.AddLine(field.value);
  } else if (is("connection")) {
    const std::string_view secret = evidence.policy.secret().header();
    if (NamesTrustedField(field.value, secret)) evidence.connection_names_trusted_field = true;
  } else if (IsTrustedFieldAlias(field.name)) {
    evidence.trusted_field_alias = true;
  }
}

// Reads edge and viewer where the mode says they stand.
void ReadAddresses(Evidence& evidence) {
  std::string_view viewer = evidence.forwarded.last();
  switch (evidence.policy.mode()) {
    case EdgeMode::kAlb:
      evidence.edge = ParseAddressMaybePort(evidence.forwarded.last());
      evidence.edge_believed = evidence.peer_trusted;
      viewer = evidence.forwarded.before_last();
      break;
    case EdgeMode::kNlb:
      // A header of anybody else's is not even a claim.
      evidence.edge_believed = evidence.peer_trusted && evidence.connection.proxy_header == ProxyHeader::kSource;
      if (evidence.edge_believed) evidence.edge = evidence.connection.proxy_source;
      break;
    case EdgeMode::kDirect:
      evidence.edge = evidence.connection.peer;
      evidence.edge_believed = true;
      break;
  }
  evidence.claimed_viewer = ParseAddressMaybePort(viewer);
  evidence.edge_in_ranges = evidence.edge && evidence.policy.IsEdge(*evidence.edge);
}

}  // namespace

Evidence GatherEvidence(const Policy& policy, const RequestView& request, const ConnectionFacts& connection) {
  Evidence evidence{.policy = policy, .connection = connection, .is_upgrade = request.is_upgrade};
  for (const Field& field : request.fields) AddField(field, evidence);
  evidence.peer_trusted = policy.TrustsPeer(connection.peer);
  ReadAddresses(evidence);
  if (evidence.secret.lines == 1) evidence.secret_generation = policy.secret().Match(evidence.secret.value);
  return evidence;
}

std::optional<std::string_view> RequestHost(const Evidence& evidence) {
  if (evidence.host.lines != 1) return std::nullopt;
  return HostWithoutPort(evidence.host.value);
}

}  // namespace viaduct
