#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "filter/evidence.h"
#include "filter/policy.h"
#include "filter/verdict.h"

namespace viaduct::filter {

// A check says why a request fails it, or nothing.
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

// One check of the chain: a row of the one table by which Evaluate decides and Explain explains.
struct Check {
  CheckId id;
  // As in api/filter/v1/filter.proto, where it can be relaxed.
  std::string_view name;
  Failure (*made_by)(const Evidence&);
  // Null: always enforced.
  Enforcement CheckEnforcements::* enforcement;
};

// All checks, in the order in which they are made.
extern const std::span<const Check> kChecks;

// Those that look at the connection only. They come first.
extern const std::span<const Check> kConnectionChecks;

// How a policy treats requests that fail the check.
inline Enforcement EnforcementOf(const Check& check, const Policy& policy) {
  return check.enforcement == nullptr ? Enforcement::kEnforce : policy.enforcements().*check.enforcement;
}

}  // namespace viaduct::filter
