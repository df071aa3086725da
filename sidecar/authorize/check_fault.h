#pragma once

#include <cstdint>

#include "text/closed_list.h"

namespace viaduct::sidecar {

// The reasons, beside the filter's, why a proxy's question is answered with no: `denyReason` in the log, `reason` in
// metrics. docs/operations.md says what to do about each.
enum class CheckFault : std::uint8_t {
  kUntrustedProxy,       // the question comes from an address outside authorize.trusted_proxies
  kBadRequest,           // a head that another reader could take for another request; the log line names the rule
  kRequestHeadTimeout,   // the question's head did not arrive in time
  kPeerMissing,          // the proxy does not say who its TCP peer is
  kPeerRepeated,         // it says it twice, so one of the two is its client's
  kPeerUnparsable,       // what it says is not an address
  kViewerAddressForged,  // the viewer states an address that nobody proved, and the proxy would pass it on
};

inline constexpr auto kCheckFaults = text::ClosedListOf<CheckFault>({
    {CheckFault::kUntrustedProxy, "untrusted_proxy"},
    {CheckFault::kBadRequest, "bad_request"},
    {CheckFault::kRequestHeadTimeout, "request_head_timeout"},
    {CheckFault::kPeerMissing, "peer_missing"},
    {CheckFault::kPeerRepeated, "peer_repeated"},
    {CheckFault::kPeerUnparsable, "peer_unparsable"},
    {CheckFault::kViewerAddressForged, "viewer_address_forged"},
});

}  // namespace viaduct::sidecar
