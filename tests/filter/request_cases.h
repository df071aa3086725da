#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "filter/connection_facts.h"
#include "filter/policy.h"
#include "filter/verdict.h"
#include "tests/filter/request_builder.h"

namespace viaduct::filter {

// One way to pass for our VPC origin or to confuse whoever looks, or an honest variation: what it changes about the
// genuine request, and the filter's verdict on it, "allowed" or a DenyReason's name.
struct RequestCase {
  std::string_view what;
  std::function<void(RequestBuilder&)> change;
  std::string_view verdict;
};

// How the genuine request of one mode comes, with GenuineSpec's settings for it.
struct ModeCase {
  std::string_view name;
  PolicySpec spec;
  ConnectionFacts connection;
  RequestBuilder (*request)();
  // What X-Forwarded-For may be there.
  std::span<const RequestCase> forwarded_cases;
};

// ALB, NLB and DIRECT.
std::span<const ModeCase> Modes();

// Those whose verdict is the same in every mode: Via, X-Amz-Cf-Id, Host, Origin and the fields' names.
std::span<const RequestCase> CommonCases();

// "allowed", or the reason's name.
std::string WordOf(const Verdict& verdict);

}  // namespace viaduct::filter
