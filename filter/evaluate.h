#pragma once

#include "filter/connection_facts.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "filter/verdict.h"

namespace viaduct::filter {

// Judges whether a request came by our VPC origin.
//
// The checks are made in the order of DenyReason; the first enforced one that fails denies, and nothing after it is
// looked at. Failures of checks in MONITOR before that point are collected. Allocates no memory, and looks at each byte
// of the head a bounded number of times. May be called from any thread.
//
// Not for health checks of the balancer, which carry nothing of CloudFront's: the host answers those itself, on
// connections that Policy::MayAskForHealth.
Verdict Evaluate(const Policy& policy, const RequestView& request, const ConnectionFacts& connection);

// Makes only the checks that need no request: trusted_peer and proxy_header. For hosts that end a connection before its
// first request, as one must whose PROXY header cannot be read.
Verdict EvaluateConnection(const Policy& policy, const ConnectionFacts& connection);

}  // namespace viaduct::filter
