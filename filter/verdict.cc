#include "filter/verdict.h"

namespace viaduct::filter {

std::string_view DenyReasonName(DenyReason reason) {
  switch (reason) {
    case DenyReason::kUntrustedPeer:
      return "untrusted_peer";
    case DenyReason::kProxyHeaderMissing:
      return "proxy_header_missing";
    case DenyReason::kProxyHeaderMalformed:
      return "proxy_header_malformed";
    case DenyReason::kProxyHeaderLocal:
      return "proxy_header_local";
    case DenyReason::kConnectionNamesTrustedField:
      return "connection_names_trusted_field";
    case DenyReason::kTrustedFieldAlias:
      return "trusted_field_alias";
    case DenyReason::kXffMissing:
      return "xff_missing";
    case DenyReason::kAlbRemovesXff:
      return "alb_removes_xff";
    case DenyReason::kAlbPreservesXff:
      return "alb_preserves_xff";
    case DenyReason::kXffTooShort:
      return "xff_too_short";
    case DenyReason::kEdgeAddressUnparsable:
      return "edge_address_unparsable";
    case DenyReason::kEdgeNotInRanges:
      return "edge_not_in_ranges";
    case DenyReason::kViewerAddressUnparsable:
      return "viewer_address_unparsable";
    case DenyReason::kViaMissing:
      return "via_missing";
    case DenyReason::kViaMalformed:
      return "via_malformed";
    case DenyReason::kViaNotCloudFront:
      return "via_not_cloudfront";
    case DenyReason::kCfIdMissing:
      return "cf_id_missing";
    case DenyReason::kCfIdRepeated:
      return "cf_id_repeated";
    case DenyReason::kCfIdMalformed:
      return "cf_id_malformed";
    case DenyReason::kHostNotAllowed:
      return "host_not_allowed";
    case DenyReason::kOriginRepeated:
      return "origin_repeated";
    case DenyReason::kOriginNotAllowed:
      return "origin_not_allowed";
    case DenyReason::kSecretMissing:
      return "secret_missing";
    case DenyReason::kSecretRepeated:
      return "secret_repeated";
    case DenyReason::kSecretWrong:
      return "secret_wrong";
  }
  return "unknown";
}

}  // namespace viaduct::filter
