#include "sidecar/ecs/ecs_config.h"

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/config/duration_field.h"
#include "ops/program/http_call.h"
#include "text/duration_text.h"
#include "text/field_error.h"

namespace viaduct::sidecar {
namespace {

constexpr absl::string_view kProtection = "ecs.task_protection";

// Returns the configured URI, otherwise the variable's value; "" if neither is set.
std::string UriOf(const std::string& configured, const char* variable) {
  if (!configured.empty()) return configured;
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

absl::Status CheckUri(const char* path, const std::string& configured) {
  if (configured.empty()) return absl::OkStatus();
  return text::AtField(path, ops::CheckHttpUrl(configured));
}

absl::StatusOr<EcsConfig::Protection> ReadProtection(sidecar::v1::TaskProtection* proto) {
  const std::chrono::milliseconds expires_after = ops::ToMilliseconds(proto->expires_after());
  if (!proto->has_renew_interval()) *proto->mutable_renew_interval() = text::ToProto(expires_after / 2);
  const EcsConfig::Protection protection = {.expires_after = std::chrono::floor<std::chrono::minutes>(expires_after),
                                            .renew_interval = ops::ToMilliseconds(proto->renew_interval()),
                                            .idle_hold = ops::ToMilliseconds(proto->idle_hold())};
  if (protection.expires_after != expires_after) {
    return absl::InvalidArgumentError(absl::StrCat(kProtection, ".expires_after: \"", text::DurationText(expires_after),
                                                   "\": must be whole minutes"));
  }
  if (protection.renew_interval >= expires_after) {
    return absl::InvalidArgumentError(absl::StrCat(kProtection, ".renew_interval: must be shorter than expires_after"));
  }
  return protection;
}

}  // namespace

absl::StatusOr<EcsConfig> EcsConfig::Create(sidecar::v1::Ecs* proto) {
  absl::Status uris = CheckUri("ecs.metadata_uri", proto->metadata_uri());
  uris.Update(CheckUri("ecs.agent_uri", proto->agent_uri()));
  if (!uris.ok()) return uris;
  // Checked even while it is off, so that turning it on causes no new errors.
  const absl::StatusOr<Protection> protection = ReadProtection(proto->mutable_task_protection());
  if (!protection.ok()) return protection.status();
  EcsConfig config;
  config.metadata_uri = UriOf(proto->metadata_uri(), "ECS_CONTAINER_METADATA_URI_V4");
  config.agent_uri = UriOf(proto->agent_uri(), "ECS_AGENT_URI");
  if (proto->task_protection().enabled()) config.protection = *protection;
  return config;
}

std::string ProtectionText(const EcsConfig& config) {
  if (!config.protection.has_value()) return "off";
  return absl::StrCat("for ", text::DurationText(config.protection->expires_after), ", renewed after ",
                      text::DurationText(config.protection->renew_interval), ", held for ",
                      text::DurationText(config.protection->idle_hold));
}

}  // namespace viaduct::sidecar
