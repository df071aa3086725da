#pragma once

#include "filter/connection_facts.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "filter/verdict.h"

namespace viaduct::filter {

// Judges whether a request came through our VPC origin.
//
// The checks run in the order of DenyReason. The first enforced check that fails denies, and no later check runs.
// Failures of checks in MONITOR before that point are collected. Allocates no memory, and looks at each byte of the
// head a bounded number of times. May be called from any thread.
//
// Not for the balancer's health checks, which carry nothing from CloudFront: the host answers those itself, on
// connections for which Policy::MayAskForHealth is true.
Verdict Evaluate(const Policy& policy, const RequestView& request, const ConnectionFacts& connection);

// Makes only the checks that need no request: trusted_peer and proxy_header. For hosts that end a connection before its
// first request, as they must if its PROXY header cannot be read.
Verdict EvaluateConnection(const Policy& policy, const ConnectionFacts& connection);

}  // namespace viaduct::filter
