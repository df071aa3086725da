#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "filter/evidence.h"
#include "filter/policy.h"
#include "filter/verdict.h"

namespace viaduct::filter {

// The reason why a request fails a check; nullopt if it passes.
using Failure = std::optional<DenyReason>;

enum class CheckId : std::uint8_t {
  kTrustedPeer,
  kProxyHeader,
  kFieldNames,
  kEdgeRange,
  kVia,
  kCfId,
  kHost,
  kOrigin,
  kSecret,
};

// One check of the chain: a row of the table that both Evaluate and Explain follow.
struct Check {
  CheckId id;
  // The field's name in api/filter/v1/filter.proto, if the check can be relaxed.
  std::string_view name;
  Failure (*made_by)(const Evidence&);
  // Null: always enforced.
  Enforcement CheckEnforcements::* enforcement;
};

// All checks, in the order in which they run.
extern const std::span<const Check> kChecks;

// The checks that look only at the connection. They come first.
extern const std::span<const Check> kConnectionChecks;

// Returns how a policy treats requests that fail the check.
inline Enforcement EnforcementOf(const Check& check, const Policy& policy) {
  return check.enforcement == nullptr ? Enforcement::kEnforce : policy.enforcements().*check.enforcement;
}

}  // namespace viaduct::filter
