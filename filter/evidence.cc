#include "filter/evidence.h"

#include "filter/trusted_fields.h"
#include "http/field.h"
#include "text/ascii.h"

namespace viaduct::filter {
namespace {

// Takes a field that no check knows by its FieldName.
void AddOtherField(const http::Field& field, std::string_view secret, Evidence& evidence) {
  constexpr std::string_view kViewerAddress = "cloudfront-viewer-address";
  if (field.name.size() == secret.size() && text::EqualsIgnoreCase(field.name, secret)) {
    evidence.secret.AddLine(field.value);
  } else if (field.name.size() == kViewerAddress.size() && text::EqualsIgnoreCase(field.name, kViewerAddress)) {
    evidence.cloudfront_viewer_address.AddLine(field.value);
  } else if (field.known == http::FieldName::kOther && IsTrustedFieldAlias(field.name)) {
    evidence.trusted_field_alias = true;
  }
}

void AddField(const http::Field& field, std::string_view secret, Evidence& evidence) {
  switch (field.known) {
    case http::FieldName::kXForwardedFor:
      evidence.forwarded.AddLine(field.value);
      return;
    case http::FieldName::kVia:
      evidence.via.AddLine(field.value);
      return;
    case http::FieldName::kXAmzCfId:
      evidence.cf_id.AddLine(field.value);
      return;
    case http::FieldName::kHost:
      evidence.host.AddLine(field.value);
      return;
    case http::FieldName::kOrigin:
      evidence.origin.AddLine(field.value);
      return;
    case http::FieldName::kConnection:
      if (NamesTrustedField(field.value, secret)) evidence.connection_names_trusted_field = true;
      return;
    default:
      AddOtherField(field, secret, evidence);
  }
}

// Reads edge and viewer from the places that the mode says.
void ReadAddresses(Evidence& evidence) {
  std::string_view viewer = evidence.forwarded.last();
  switch (evidence.policy.mode()) {
    case EdgeMode::kAlb:
      evidence.edge = ip::ParseAddressMaybePort(evidence.forwarded.last());
      evidence.edge_believed = evidence.peer_trusted;
      viewer = evidence.forwarded.before_last();
      break;
    case EdgeMode::kNlb:
      // A header from any other peer is not believed.
      evidence.edge_believed = evidence.peer_trusted && evidence.connection.proxy_header == ProxyHeader::kSource;
      if (evidence.edge_believed) evidence.edge = evidence.connection.proxy_source;
      break;
    case EdgeMode::kDirect:
      evidence.edge = evidence.connection.peer;
      evidence.edge_believed = true;
      break;
  }
  evidence.claimed_viewer = ip::ParseAddressMaybePort(viewer);
  evidence.edge_in_ranges = evidence.edge && evidence.policy.IsEdge(*evidence.edge);
}

}  // namespace

Evidence GatherEvidence(const Policy& policy, const RequestView& request, const ConnectionFacts& connection) {
  Evidence evidence{.policy = policy, .connection = connection, .is_upgrade = request.is_upgrade};
  const std::string_view secret = policy.secret().header();
  for (const http::Field& field : request.fields) AddField(field, secret, evidence);
  evidence.peer_trusted = policy.TrustsPeer(connection.peer);
  ReadAddresses(evidence);
  if (evidence.secret.lines == 1) evidence.secret_generation = policy.secret().Match(evidence.secret.value);
  return evidence;
}

}  // namespace viaduct::filter
