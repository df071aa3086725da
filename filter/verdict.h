#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ip/ip_address.h"
#include "text/closed_list.h"

namespace viaduct::filter {

// The reasons why a request is not, or not provably, traffic of our VPC origin: the only list of them, in the order of
// the checks.
enum class DenyReason : std::uint8_t {
  // Check trusted_peer. The TCP peer is not the load balancer.
  kUntrustedPeer,

  // Check proxy_header, always enforced in mode NLB. A trusted peer's connection does not begin with a PROXY header.
  kProxyHeaderMissing,
  // The header cannot be read, or claims a source without naming one.
  kProxyHeaderMalformed,
  // The header is LOCAL, the balancer's own, and this is not the health path.
  kProxyHeaderLocal,

  // Always enforced. "Connection" names a field that a decision rests on, so that the next hop would drop it.
  kConnectionNamesTrustedField,
  // Always enforced. A field's name is one of those with other separators ("X_Amz_Cf_Id"); some servers fold both into
  // one.
  kTrustedFieldAlias,

  // Check edge_range. There is neither X-Forwarded-For nor all of CloudFront's other marks.
  kXffMissing,
  // Mode ALB. There is no X-Forwarded-For, but all of CloudFront's other marks: the ALB is in mode "remove".
  kAlbRemovesXff,
  // Mode ALB. All of CloudFront's marks are there, but the last member of X-Forwarded-For is the viewer's address: the
  // ALB is in mode "preserve", or someone spoke to the ALB directly and invented the marks.
  kAlbPreservesXff,
  // Mode ALB. X-Forwarded-For has one member: CloudFront and the ALB did not both add theirs. Seen when someone speaks
  // to the ALB directly.
  kXffTooShort,
  // Mode ALB. The last member, which the ALB adds, is not an address.
  kEdgeAddressUnparsable,
  // The address that spoke to the balancer, or to us in mode DIRECT, is not a CloudFront edge; or the list of ranges is
  // old.
  kEdgeNotInRanges,
  // The member that CloudFront adds is not an address.
  kViewerAddressUnparsable,

  // Check via.
  kViaMissing,
  // Via cannot be split into members unambiguously, as with an open comment.
  kViaMalformed,
  // The last member of Via is not CloudFront's.
  kViaNotCloudFront,

  // Check cf_id, which looks at X-Amz-Cf-Id.
  kCfIdMissing,
  kCfIdRepeated,
  kCfIdMalformed,

  // Check host. Host is missing, repeated, unreadable, or not one of ours.
  kHostNotAllowed,

  // Check origin, for upgrades only.
  kOriginRepeated,
  kOriginNotAllowed,

  // Check secret, which looks at the header that our distribution adds. The header is missing.
  kSecretMissing,
  kSecretRepeated,
  // The value is not one of the live values.
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

// Returns the names of the reasons, "via_missing,cf_id_missing".
inline std::string NamesOf(const DenyReasonSet& reasons) {
  std::string names;
  for (const DenyReason reason : kDenyReasons) {
    if (!reasons.Has(reason)) continue;
    if (!names.empty()) names += ',';
    names += kDenyReasons.Name(reason);
  }
  return names;
}

// The filter's judgement of one request. A value without heap memory.
struct Verdict {
  bool allowed = false;
  // The reason of the first enforced check that failed. Meaningless when `allowed`.
  DenyReason reason = DenyReason::kUntrustedPeer;
  // The generation of Policy::secret that the request carried, if any; set even if another check denied the request.
  std::optional<std::uint8_t> secret_generation;
  // The failures of checks in MONITOR, up to the check that decided.
  DenyReasonSet would_deny;
  // The address that spoke to the load balancer, as X-Forwarded-For claims or a trusted PROXY header says; in mode
  // DIRECT the peer's address. "::" if it is unknown.
  ip::IpAddress edge;
  // The viewer's address. Set only when it can be believed: a trusted peer or the kernel reported `edge`, and that is
  // an edge, whether or not the two checks are enforced.
  std::optional<ip::IpAddress> viewer;
};

}  // namespace viaduct::filter
