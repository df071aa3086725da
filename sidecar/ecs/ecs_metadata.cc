#include "sidecar/ecs/ecs_metadata.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/program/http_call.h"

namespace viaduct::sidecar {
namespace {

// The maximum length of an ARN.
constexpr std::size_t kMaxArnBytes = 2048;

// Returns the member's text, or "" if there is none.
std::string TextMember(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

absl::StatusOr<EcsMetadata> ParseEcsMetadata(std::string_view json) {
  const nlohmann::json task = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!task.is_object()) return absl::InvalidArgumentError("not a JSON object");
  const std::string arn = TextMember(task, "TaskARN");
  // arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID; older ARNs have no cluster.
  const std::size_t slash = arn.rfind('/');
  if (slash == std::string::npos || slash + 1 == arn.size() || arn.size() > kMaxArnBytes) {
    return absl::InvalidArgumentError("no TaskARN that ends with an id");
  }
  EcsMetadata metadata;
  metadata.task_id = arn.substr(slash + 1);
  metadata.availability_zone = TextMember(task, "AvailabilityZone");
  return metadata;
}

absl::StatusOr<EcsMetadata> ReadEcsMetadata(const std::string& uri, std::chrono::nanoseconds timeout) {
  ops::HttpCall call;
  call.url = absl::StrCat(uri, "/task");
  call.timeout = timeout;
  const absl::StatusOr<ops::HttpCallAnswer> answer = ops::CallHttp(call);
  if (!answer.ok()) return answer.status();
  if (answer->status != 200) return absl::UnavailableError(absl::StrCat("status ", answer->status));
  return ParseEcsMetadata(answer->body);
}

void AddTo(ops::LogLines* lines, const EcsMetadata& metadata) {
  lines->AddMember("task", metadata.task_id);
  if (!metadata.availability_zone.empty()) lines->AddMember("availabilityZone", metadata.availability_zone);
}

}  // namespace viaduct::sidecar
