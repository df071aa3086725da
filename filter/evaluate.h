#pragma once

#include "filter/ip_address.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "filter/verdict.h"

namespace viaduct {

// Judges whether a request came by our VPC origin. `peer` is the TCP peer's address as the kernel says it.
//
// The checks are made in the order of DenyReason; the first enforced one that fails denies, and nothing after it is
// looked at. Failures of checks in MONITOR before that point are collected. Allocates no memory when the request is
// allowed, and looks at each byte of the head a bounded number of times. May be called from any thread.
//
// Not for health checks of the balancer, which carry nothing of CloudFront's: the host answers those itself, to peers
// that Policy::TrustsPeer.
Verdict Evaluate(const Policy& policy, const RequestView& request, const IpAddress& peer);

}  // namespace viaduct
