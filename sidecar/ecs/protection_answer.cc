#include "sidecar/ecs/protection_answer.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace viaduct::sidecar {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDetailBytes = 512;

// Returns the member's text, or "" if there is none.
std::string TextMember(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// Returns the member if it is an object, otherwise null.
const Json* ObjectMember(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_object() ? &*member : nullptr;
}

ProtectionAnswer Answer(ProtectionResult result, std::string detail) {
  detail.resize(std::min(detail.size(), kMaxDetailBytes));
  return {.result = result, .detail = std::move(detail)};
}

ProtectionAnswer ReadFailure(const Json& failure) {
  const std::string reason = TextMember(failure, "Reason");
  const std::string detail = TextMember(failure, "Detail");
  std::string text = detail.empty() ? reason : absl::StrCat(reason, ": ", detail);
  if (reason == "DEPLOYMENT_BLOCKED") return Answer(ProtectionResult::kDeploymentBlocked, std::move(text));
  if (reason == "TASK_NOT_VALID") return Answer(ProtectionResult::kTaskNotValid, std::move(text));
  return Answer(ProtectionResult::kRefused, std::move(text));
}

ProtectionAnswer ReadError(const Json& error) {
  const std::string code = TextMember(error, "Code");
  std::string text = absl::StrCat(code, ": ", TextMember(error, "Message"));
  if (code == "ThrottlingException") return Answer(ProtectionResult::kThrottled, std::move(text));
  if (code == "AccessDeniedException") return Answer(ProtectionResult::kAccessDenied, std::move(text));
  return Answer(ProtectionResult::kError, std::move(text));
}

}  // namespace

TaskProtection::Outcome OutcomeOf(ProtectionResult result) {
  switch (result) {
    case ProtectionResult::kDone:
      return TaskProtection::Outcome::kDone;
    case ProtectionResult::kDeploymentBlocked:
    case ProtectionResult::kTaskNotValid:
    case ProtectionResult::kRefused:
    case ProtectionResult::kThrottled:
    case ProtectionResult::kAccessDenied:
      return TaskProtection::Outcome::kRefused;
    case ProtectionResult::kError:
    case ProtectionResult::kBadAnswer:
    case ProtectionResult::kUnreachable:
    case ProtectionResult::kTimeout:
      return TaskProtection::Outcome::kUncertain;
  }
  return TaskProtection::Outcome::kUncertain;
}

std::string ProtectionRequest(TaskProtection::Call call, std::chrono::minutes expires_after) {
  if (call == TaskProtection::Call::kRelease) return R"({"ProtectionEnabled":false})";
  return absl::StrCat(R"({"ProtectionEnabled":true,"ExpiresInMinutes":)", expires_after.count(), "}");
}

ProtectionAnswer ReadProtectionAnswer(TaskProtection::Call call, const absl::StatusOr<ops::HttpCallAnswer>& answer) {
  if (!answer.ok()) {
    const bool timeout = answer.status().code() == absl::StatusCode::kDeadlineExceeded;
    return Answer(timeout ? ProtectionResult::kTimeout : ProtectionResult::kUnreachable,
                  std::string(answer.status().message()));
  }
  const Json body = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (body.is_object()) {
    if (const Json* failure = ObjectMember(body, "failure")) return ReadFailure(*failure);
    if (const Json* error = ObjectMember(body, "error")) return ReadError(*error);
    if (const Json* protection = ObjectMember(body, "protection"); protection != nullptr && answer->status == 200) {
      const auto enabled = protection->find("ProtectionEnabled");
      const bool wanted = call == TaskProtection::Call::kProtect;
      if (enabled != protection->end() && enabled->is_boolean() && enabled->get<bool>() == wanted) return {};
    }
  }
  return Answer(ProtectionResult::kBadAnswer, absl::StrCat("status ", answer->status, ": ", answer->body));
}

}  // namespace viaduct::sidecar
