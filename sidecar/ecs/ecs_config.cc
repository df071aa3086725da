#include "sidecar/ecs/ecs_config.h"

#include <cstdlib>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/program/http_call.h"
#include "text/duration_text.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

// The field's, or else the environment's; "" if neither is set.
std::string Uri(std::string_view path, const std::string& configured, const char* variable, ops::FieldChecker* check) {
  if (configured.empty()) {
    const char* value = std::getenv(variable);
    return value == nullptr ? "" : value;
  }
  if (const absl::Status status = ops::CheckHttpUrl(configured); !status.ok()) {
    check->Fail(path, text::ToStd(status.message()));
  }
  return configured;
}

EcsConfig::Protection ReadProtection(sidecar::v1::TaskProtection* proto, ops::FieldChecker* check) {
  using Duration = ops::FieldChecker::Duration;
  constexpr std::string_view kExpiresAfter = "ecs.task_protection.expires_after";
  constexpr std::string_view kRenewInterval = "ecs.task_protection.renew_interval";
  const Duration expires_after = check->Positive(kExpiresAfter, proto->has_expires_after(),
                                                 proto->mutable_expires_after(), std::chrono::minutes(10));
  EcsConfig::Protection protection;
  protection.expires_after = std::chrono::floor<std::chrono::minutes>(expires_after);
  if (protection.expires_after != expires_after || expires_after > std::chrono::hours(48)) {
    check->Fail(kExpiresAfter, "must be whole minutes, at most 48h");
  }
  protection.renew_interval =
      check->Positive(kRenewInterval, proto->has_renew_interval(), proto->mutable_renew_interval(), expires_after / 2);
  if (protection.renew_interval >= expires_after) check->Fail(kRenewInterval, "must be shorter than expires_after");
  protection.idle_hold = check
                             ->OrOff("ecs.task_protection.idle_hold", proto->has_idle_hold(),
                                     proto->mutable_idle_hold(), std::chrono::seconds(10))
                             .value_or(Duration::zero());
  return protection;
}

}  // namespace

EcsConfig ReadEcs(sidecar::v1::Ecs* proto, ops::FieldChecker* check) {
  EcsConfig config;
  config.metadata_uri = Uri("ecs.metadata_uri", proto->metadata_uri(), "ECS_CONTAINER_METADATA_URI_V4", check);
  config.agent_uri = Uri("ecs.agent_uri", proto->agent_uri(), "ECS_AGENT_URI", check);
  sidecar::v1::TaskProtection* protection = proto->mutable_task_protection();
  if (!protection->has_enabled()) protection->set_enabled(false);
  // Judged also when it is off, so that turning it on brings no surprise.
  const EcsConfig::Protection settings = ReadProtection(protection, check);
  if (protection->enabled()) config.protection = settings;
  return config;
}

std::string ProtectionText(const EcsConfig& config) {
  if (!config.protection.has_value()) return "off";
  return absl::StrCat("for ", text::DurationText(config.protection->expires_after), ", renewed after ",
                      text::DurationText(config.protection->renew_interval), ", held for ",
                      text::DurationText(config.protection->idle_hold));
}

}  // namespace viaduct::sidecar
