#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ops/program/http_call.h"
#include "sidecar/ecs/task_protection.h"
#include "text/closed_list.h"

namespace viaduct::sidecar {

// How a call to ECS's task protection endpoint ended: the closed list, also of the log and of the metrics.
// docs/operations.md says for each what to do.
enum class ProtectionResult : std::uint8_t {
  kDone,               // it is as it was asked
  kDeploymentBlocked,  // a deployment waits for protected tasks: no new protection, no longer one
  kTaskNotValid,       // the task is not part of a service, or stops
  kRefused,            // another failure that ECS named
  kThrottled,          // too many calls of this account
  kAccessDenied,       // the task's role may not
  kError,              // another error that ECS named
  kBadAnswer,          // an answer that is none of those
  kUnreachable,        // nobody listens
  kTimeout,            //
};

inline constexpr auto kProtectionResults = text::ClosedListOf<ProtectionResult>({
    {ProtectionResult::kDone, "done"},
    {ProtectionResult::kDeploymentBlocked, "deployment_blocked"},
    {ProtectionResult::kTaskNotValid, "task_not_valid"},
    {ProtectionResult::kRefused, "refused"},
    {ProtectionResult::kThrottled, "throttled"},
    {ProtectionResult::kAccessDenied, "access_denied"},
    {ProtectionResult::kError, "error"},
    {ProtectionResult::kBadAnswer, "bad_answer"},
    {ProtectionResult::kUnreachable, "unreachable"},
    {ProtectionResult::kTimeout, "timeout"},
});

// What it means for who decides on the next call.
TaskProtection::Outcome OutcomeOf(ProtectionResult result);

// The body of the request that makes `call`.
std::string ProtectionRequest(TaskProtection::Call call, std::chrono::minutes expires_after);

struct ProtectionAnswer {
  ProtectionResult result = ProtectionResult::kDone;
  std::string detail;  // What ECS said to it, in its words; "" when done.
};

// Reads what CallHttp gave for `call`. ECS says what happened in the body, whatever the status.
ProtectionAnswer ReadProtectionAnswer(TaskProtection::Call call, const absl::StatusOr<ops::HttpCallAnswer>& answer);

}  // namespace viaduct::sidecar
