#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filter/connection_facts.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "filter/verdict.h"

namespace viaduct::filter {

// The outcome of one check for one request.
struct CheckOutcome {
  enum class Result : std::uint8_t {
    kPassed,
    // The request fails, and the check is enforced.
    kDenied,
    // The request fails, and the check is in MONITOR.
    kWouldDeny,
    // The check is OFF.
    kNotMade,
  };

  // The field's name in api/filter/v1/filter.proto if the check can be relaxed; otherwise "proxy_header" or
  // "field_names".
  std::string_view check;
  Enforcement enforcement = Enforcement::kEnforce;
  Result result = Result::kPassed;
  // Set if the check fails.
  std::optional<DenyReason> reason;
  // The facts that the check looks at, as a sentence for people. Text from the wire is quoted, escaped and cut. It
  // never contains a secret's value.
  std::string facts;
};

struct Explanation {
  // The verdict of Evaluate.
  Verdict verdict;
  // The outcomes of all checks in order, including those after the one that denies.
  std::vector<CheckOutcome> checks;
};

// Returns the outcome of every check for a request, from the same table of checks that Evaluate uses: the first outcome
// that is kDenied has the verdict's reason; without one the request is allowed. May be called from any thread.
//
// Like Evaluate, does not know the health path.
Explanation Explain(const Policy& policy, const RequestView& request, const ConnectionFacts& connection);

// Returns the facts of the check that denies a request, as Explain gives them; "" if none does.
std::string DenialFacts(const Policy& policy, const RequestView& request, const ConnectionFacts& connection);

}  // namespace viaduct::filter
