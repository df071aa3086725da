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

// What one check says of one request.
struct CheckOutcome {
  enum class Result : std::uint8_t {
    kPassed,
    // It fails and is enforced.
    kDenied,
    // It fails and is in MONITOR.
    kWouldDeny,
    // It is OFF.
    kNotMade,
  };

  // As in api/filter/v1/filter.proto, where it can be relaxed; otherwise "proxy_header" or "field_names".
  std::string_view check;
  Enforcement enforcement = Enforcement::kEnforce;
  Result result = Result::kPassed;
  // Of a check that fails.
  std::optional<DenyReason> reason;
  // The facts it looks at, in a sentence for people. Text from the wire is quoted, escaped and cut; a secret's value is
  // never in it.
  std::string facts;
};

struct Explanation {
  // As Evaluate says it.
  Verdict verdict;
  // Of every check in their order, also of those behind the one that denies.
  std::vector<CheckOutcome> checks;
};

// Says what every check makes of a request, by the same table of checks by which Evaluate decides: the first outcome
// that is kDenied has the verdict's reason, and without one the request is allowed. May be called from any thread.
//
// Like Evaluate, knows nothing of the health path.
Explanation Explain(const Policy& policy, const RequestView& request, const ConnectionFacts& connection);

}  // namespace viaduct::filter
