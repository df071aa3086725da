#include "filter/checks.h"

#include <cstddef>

#include "filter/char_class.h"
#include "filter/via_chain.h"

namespace viaduct::filter {
namespace {

Failure CheckTrustedPeer(const Evidence& evidence) {
  if (!evidence.peer_trusted) return DenyReason::kUntrustedPeer;
  return std::nullopt;
}

Failure CheckProxyHeader(const Evidence& evidence) {
  if (evidence.policy.mode() != EdgeMode::kNlb) return std::nullopt;
  switch (evidence.connection.proxy_header) {
    case ProxyHeader::kNone:
      return DenyReason::kProxyHeaderMissing;
    case ProxyHeader::kMalformed:
      return DenyReason::kProxyHeaderMalformed;
    case ProxyHeader::kLocal:
      return DenyReason::kProxyHeaderLocal;
    case ProxyHeader::kSource:
      break;
  }
  return std::nullopt;
}

Failure CheckFieldNames(const Evidence& evidence) {
  if (evidence.connection_names_trusted_field) return DenyReason::kConnectionNamesTrustedField;
  if (evidence.trusted_field_alias) return DenyReason::kTrustedFieldAlias;
  return std::nullopt;
}

Failure CheckVia(const Evidence& evidence) {
  if (evidence.via.malformed()) return DenyReason::kViaMalformed;
  if (evidence.via.last().empty()) return DenyReason::kViaMissing;
  if (!IsCloudFrontVia(evidence.via.last())) return DenyReason::kViaNotCloudFront;
  return std::nullopt;
}

// Returns true if `id` has the shape of CloudFront's: base64 for URLs with its padding, at most 256 characters.
// CloudFront's have 56; their length is not promised.
bool IsCloudFrontId(std::string_view id) {
  constexpr std::size_t kMaxSize = 256;
  if (id.size() > kMaxSize) return false;
  for (int padding = 0; padding < 2 && id.ends_with('='); ++padding) id.remove_suffix(1);
  return !id.empty() && AllOf(CharClass::kCfId, id);
}

Failure CheckCfId(const Evidence& evidence) {
  if (evidence.cf_id.lines == 0) return DenyReason::kCfIdMissing;
  if (evidence.cf_id.lines > 1) return DenyReason::kCfIdRepeated;
  if (!IsCloudFrontId(evidence.cf_id.value)) return DenyReason::kCfIdMalformed;
  return std::nullopt;
}

// Returns true if the request has everything that CloudFront adds besides X-Forwarded-For. Anybody can write that, so
// it only helps to name a cause, never to let a request through.
bool HasCloudFrontMarks(const Evidence& evidence) { return !CheckVia(evidence) && !CheckCfId(evidence); }

// Returns the address in CloudFront-Viewer-Address, "address:port" with or without brackets around IPv6.
std::optional<ip::IpAddress> CloudFrontViewerAddress(const Evidence& evidence) {
  const std::string_view value = evidence.cloudfront_viewer_address.value;
  const std::size_t colon = value.rfind(':');
  if (evidence.cloudfront_viewer_address.lines != 1 || colon == std::string_view::npos) return std::nullopt;
  std::string_view address = value.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return ip::IpAddress::Parse(address);
}

// Returns true if an ALB in mode "preserve" passed on X-Forwarded-For as CloudFront wrote it, so that the viewer stands
// last. The last member is known not to be an edge. The evidence, besides CloudFront's marks, is one of these:
// - There is a single member: an appending ALB would have made two of CloudFront's one. It must be an address that a
//   viewer can have towards CloudFront; otherwise it is a neighbour in the VPC that invented the marks.
// - There are several members, and CloudFront-Viewer-Address names the last one as the viewer.
// Several members without that field look the same when the list of ranges is old, and do not count as preserved.
bool LooksPreserved(const Evidence& evidence) {
  if (!HasCloudFrontMarks(evidence)) return false;
  if (evidence.forwarded.count() == 1) return evidence.edge->is_global();
  return CloudFrontViewerAddress(evidence) == evidence.edge;
}

Failure CheckAlbEdge(const Evidence& evidence) {
  const std::size_t count = evidence.forwarded.count();
  // Neither an appending ALB nor CloudFront ever sends a request without X-Forwarded-For.
  if (count == 0) return HasCloudFrontMarks(evidence) ? DenyReason::kAlbRemovesXff : DenyReason::kXffMissing;
  const bool other_than_edge = evidence.edge && !evidence.edge_in_ranges;
  if (other_than_edge && LooksPreserved(evidence)) return DenyReason::kAlbPreservesXff;
  if (count == 1) return DenyReason::kXffTooShort;
  if (!evidence.edge) return DenyReason::kEdgeAddressUnparsable;
  if (!evidence.edge_in_ranges) return DenyReason::kEdgeNotInRanges;
  return std::nullopt;
}

Failure CheckEdgeRange(const Evidence& evidence) {
  if (evidence.policy.mode() == EdgeMode::kAlb) {
    if (const Failure failure = CheckAlbEdge(evidence)) return failure;
  } else {
    if (!evidence.edge_in_ranges) return DenyReason::kEdgeNotInRanges;
    if (evidence.forwarded.count() == 0) return DenyReason::kXffMissing;
  }
  if (!evidence.claimed_viewer) return DenyReason::kViewerAddressUnparsable;
  return std::nullopt;
}

Failure CheckHost(const Evidence& evidence) {
  // HTTP/1.0 needs no Host, and an empty one says as little.
  if (evidence.host.lines > 1 || !evidence.policy.AllowsHost(evidence.host.value)) return DenyReason::kHostNotAllowed;
  return std::nullopt;
}

Failure CheckOrigin(const Evidence& evidence) {
  if (!evidence.is_upgrade || evidence.origin.lines == 0) return std::nullopt;
  if (evidence.origin.lines > 1) return DenyReason::kOriginRepeated;
  // Without exactly one Host there is nothing to compare with.
  const std::string_view host = evidence.host.lines == 1 ? evidence.host.value : std::string_view();
  if (!evidence.policy.AllowsOrigin(evidence.origin.value, host)) return DenyReason::kOriginNotAllowed;
  return std::nullopt;
}

Failure CheckSecret(const Evidence& evidence) {
  if (!evidence.policy.secret().required()) return std::nullopt;
  if (evidence.secret.lines == 0) return DenyReason::kSecretMissing;
  if (evidence.secret.lines > 1) return DenyReason::kSecretRepeated;
  if (!evidence.secret_generation) return DenyReason::kSecretWrong;
  return std::nullopt;
}

constexpr Check kTable[] = {
    {CheckId::kTrustedPeer, "trusted_peer", CheckTrustedPeer, &CheckEnforcements::trusted_peer},
    {CheckId::kProxyHeader, "proxy_header", CheckProxyHeader, nullptr},
    {CheckId::kFieldNames, "field_names", CheckFieldNames, nullptr},
    {CheckId::kEdgeRange, "edge_range", CheckEdgeRange, &CheckEnforcements::edge_range},
    {CheckId::kVia, "via", CheckVia, &CheckEnforcements::via},
    {CheckId::kCfId, "cf_id", CheckCfId, &CheckEnforcements::cf_id},
    {CheckId::kHost, "host", CheckHost, &CheckEnforcements::host},
    {CheckId::kOrigin, "origin", CheckOrigin, &CheckEnforcements::origin},
    {CheckId::kSecret, "secret", CheckSecret, &CheckEnforcements::secret},
};

}  // namespace

constexpr std::span<const Check> kChecks(kTable);
constexpr std::span<const Check> kConnectionChecks(kTable, 2);

}  // namespace viaduct::filter
