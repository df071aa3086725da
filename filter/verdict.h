#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ip/ip_address.h"
#include "text/closed_list.h"

namespace viaduct::filter {

// Why a request is not, or not provably, traffic of our VPC origin: the one list of reasons, in the order in which the
// checks are made.
enum class DenyReason : std::uint8_t {
  // Check trusted_peer. The TCP peer is not the load balancer.
  kUntrustedPeer,

  // Check proxy_header, in mode NLB always enforced. A trusted peer's connection does not begin with a PROXY header.
  kProxyHeaderMissing,
  // It cannot be read, or claims a source without naming one.
  kProxyHeaderMalformed,
  // It is LOCAL, the balancer's own, and this is not the health path.
  kProxyHeaderLocal,

  // Always enforced. "Connection" names a field that a decision rests on, so that the next hop would drop it.
  kConnectionNamesTrustedField,
  // Always enforced. A field's name is one of those but for other separators ("X_Amz_Cf_Id"); some servers fold both
  // into one.
  kTrustedFieldAlias,

  // Check edge_range. No X-Forwarded-For, nor all of CloudFront's other marks.
  kXffMissing,
  // Mode ALB. No X-Forwarded-For, though all of CloudFront's other marks are there: the ALB is in mode "remove".
  kAlbRemovesXff,
  // Mode ALB. All of CloudFront's marks are there, but the last member of X-Forwarded-For is the viewer's address: the
  // ALB is in mode "preserve". Or someone spoke to the ALB directly and invented the marks.
  kAlbPreservesXff,
  // Mode ALB. X-Forwarded-For has one member: CloudFront and the ALB did not both add theirs. Seen when someone speaks
  // to the ALB directly.
  kXffTooShort,
  // Mode ALB. The last member, which the ALB adds, is no address.
  kEdgeAddressUnparsable,
  // Who spoke to the balancer, or to us in mode DIRECT, is no CloudFront edge; or the list of ranges is old.
  kEdgeNotInRanges,
  // The member that CloudFront adds is no address.
  kViewerAddressUnparsable,

  // Check via.
  kViaMissing,
  // It cannot be split into members without doubt, as with an open comment.
  kViaMalformed,
  // Its last member is not CloudFront's.
  kViaNotCloudFront,

  // Check cf_id, of X-Amz-Cf-Id.
  kCfIdMissing,
  kCfIdRepeated,
  kCfIdMalformed,

  // Check host. Host is missing, repeated, unreadable, or not one of ours.
  kHostNotAllowed,

  // Check origin, of upgrades only.
  kOriginRepeated,
  kOriginNotAllowed,

  // Check secret, of the header that our distribution adds. It is not there.
  kSecretMissing,
  kSecretRepeated,
  // It is none of the live values.
  kSecretWrong,
};

inline constexpr auto kDenyReasons = text::ClosedListOf<DenyReason>({
    {DenyReason::kUntrustedPeer, "untrusted_peer"},
    {DenyReason::kProxyHeaderMissing, "proxy_header_missing"},
    {DenyReason::kProxyHeaderMalformed, "proxy_header_malformed"},
    {DenyReason::kProxyHeaderLocal, "proxy_header_local"},
    {DenyReason::kConnectionNamesTrustedField, "connection_names_trusted_field"},
    {DenyReason::kTrustedFieldAlias, "trusted_field_alias"},
    {DenyReason::kXffMissing, "xff_missing"},
    {DenyReason::kAlbRemovesXff, "alb_removes_xff"},
    {DenyReason::kAlbPreservesXff, "alb_preserves_xff"},
    {DenyReason::kXffTooShort, "xff_too_short"},
    {DenyReason::kEdgeAddressUnparsable, "edge_address_unparsable"},
    {DenyReason::kEdgeNotInRanges, "edge_not_in_ranges"},
    {DenyReason::kViewerAddressUnparsable, "viewer_address_unparsable"},
    {DenyReason::kViaMissing, "via_missing"},
    {DenyReason::kViaMalformed, "via_malformed"},
    {DenyReason::kViaNotCloudFront, "via_not_cloudfront"},
    {DenyReason::kCfIdMissing, "cf_id_missing"},
    {DenyReason::kCfIdRepeated, "cf_id_repeated"},
    {DenyReason::kCfIdMalformed, "cf_id_malformed"},
    {DenyReason::kHostNotAllowed, "host_not_allowed"},
    {DenyReason::kOriginRepeated, "origin_repeated"},
    {DenyReason::kOriginNotAllowed, "origin_not_allowed"},
    {DenyReason::kSecretMissing, "secret_missing"},
    {DenyReason::kSecretRepeated, "secret_repeated"},
    {DenyReason::kSecretWrong, "secret_wrong"},
});

// A set of reasons. A value.
class DenyReasonSet {
 public:
  constexpr void Add(DenyReason reason) { bits_ |= Bit(reason); }
  constexpr bool Has(DenyReason reason) const { return (bits_ & Bit(reason)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  friend constexpr bool operator==(const DenyReasonSet&, const DenyReasonSet&) = default;

 private:
  static_assert(kDenyReasons.size() <= 32);
  static constexpr std::uint32_t Bit(DenyReason reason) { return std::uint32_t{1} << kDenyReasons.Index(reason); }

  std::uint32_t bits_ = 0;
};

// What the filter says to one request. A value without heap memory.
struct Verdict {
  bool allowed = false;
  // Of the first enforced check that failed. Means nothing when `allowed`.
  DenyReason reason = DenyReason::kUntrustedPeer;
  // Which of Policy::secret's generations the request carried, if one; also when something else denied it.
  std::optional<std::uint8_t> secret_generation;
  // What checks in MONITOR found, up to where the decision fell.
  DenyReasonSet would_deny;
  // The address that spoke to the load balancer, by what X-Forwarded-For claims or a trusted PROXY header says; in mode
  // DIRECT the peer's. "::" if nobody says.
  ip::IpAddress edge;
  // The viewer's address. Only there when it can be believed: a trusted peer or the kernel told `edge`, and that is an
  // edge, whether or not the two checks are enforced.
  std::optional<ip::IpAddress> viewer;
};

}  // namespace viaduct::filter
