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

// The outcomes of a call to ECS's task protection endpoint: the closed list, also used in log and metrics.
// docs/operations.md says what to do about each.
enum class ProtectionResult : std::uint8_t {
  kDone,               // the protection is as requested
  kDeploymentBlocked,  // a deployment waits for protected tasks: protection is neither granted nor extended
  kTaskNotValid,       // the task is not part of a service, or is stopping
  kRefused,            // another failure that ECS named
  kThrottled,          // too many calls of this account
  kAccessDenied,       // the task's role lacks the permission
  kError,              // another error that ECS named
  kBadAnswer,          // any other answer
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

// Returns the outcome in the terms of TaskProtection, which decides on the next call.
TaskProtection::Outcome OutcomeOf(ProtectionResult result);

// Returns the body of the request for `call`.
std::string ProtectionRequest(TaskProtection::Call call, std::chrono::minutes expires_after);

struct ProtectionAnswer {
  ProtectionResult result = ProtectionResult::kDone;
  std::string detail;  // ECS's own message; "" when done.
};

// Reads the answer of CallHttp to `call`. ECS reports the result in the body, whatever the status.
ProtectionAnswer ReadProtectionAnswer(TaskProtection::Call call, const absl::StatusOr<ops::HttpCallAnswer>& answer);

}  // namespace viaduct::sidecar
