#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filter/connection_facts.h"
#include "filter/policy.h"
#include "filter/verdict.h"
#include "tests/filter/request_builder.h"

namespace viaduct::filter {

// What a program that hosts the filter makes of a request before the filter sees it, and the verdict that follows: the
// name of a reason, or the status with which the program itself refuses the request. `hosts` are separated by spaces.
struct HostDifference {
  std::string_view hosts;
  std::string_view verdict;
  std::string_view why;
};

// One attempt to pass for our VPC origin or to confuse the filter, or a legitimate variation: its change to the genuine
// request, and the filter's verdict, "allowed" or a DenyReason's name.
struct RequestCase {
  std::string_view what;
  std::function<void(RequestBuilder&)> change;
  std::string_view verdict;
  // The hosts with another verdict.
  std::vector<HostDifference> differences = {};
};

// The genuine request in one mode, with GenuineSpec's settings for it.
struct ModeCase {
  std::string_view name;
  PolicySpec spec;
  ConnectionFacts connection;
  RequestBuilder (*request)();
  // The cases about X-Forwarded-For.
  std::span<const RequestCase> forwarded_cases;
};

// ALB, NLB and DIRECT.
std::span<const ModeCase> Modes();

// The cases with the same verdict in every mode: Via, X-Amz-Cf-Id, Host, Origin and the fields' names.
std::span<const RequestCase> CommonCases();

// Returns "allowed", or the reason's name.
std::string WordOf(const Verdict& verdict);

}  // namespace viaduct::filter
