#include "filter/evaluate.h"

#include <cstdint>
#include <span>

#include "filter/checks.h"
#include "filter/evidence.h"

namespace viaduct::filter {
namespace {

Verdict Decide(const Evidence& evidence, std::span<const Check> checks) {
  Verdict verdict;
  if (evidence.edge) verdict.edge = *evidence.edge;
  if (evidence.edge_believed && evidence.edge_in_ranges) verdict.viewer = evidence.claimed_viewer;
  if (evidence.secret_generation) verdict.secret_generation = static_cast<std::uint8_t>(*evidence.secret_generation);

  for (const Check& check : checks) {
    const Enforcement enforcement = EnforcementOf(check, evidence.policy);
    if (enforcement == Enforcement::kOff) continue;
    const Failure failure = check.made_by(evidence);
    if (!failure) continue;
    if (enforcement == Enforcement::kEnforce) {
      verdict.reason = *failure;
      return verdict;
    }
    verdict.would_deny.Add(*failure);
  }
  verdict.allowed = true;
  return verdict;
}

}  // namespace

Verdict Evaluate(const Policy& policy, const RequestView& request, const ConnectionFacts& connection) {
  return Decide(GatherEvidence(policy, request, connection), kChecks);
}

Verdict EvaluateConnection(const Policy& policy, const ConnectionFacts& connection) {
  return Decide(GatherEvidence(policy, RequestView{}, connection), kConnectionChecks);
}

}  // namespace viaduct::filter
