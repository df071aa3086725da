#include "sidecar/ecs_config.h"

#include <cstdlib>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ops/http_call.h"

namespace viaduct {
namespace {

// The field's, or else the environment's; "" if neither is set.
std::string Uri(std::string_view path, const std::string& configured, const char* variable, FieldChecker* check) {
  if (configured.empty()) {
    const char* value = std::getenv(variable);
    return value == nullptr ? "" : value;
  }
  if (const absl::Status status = CheckCallUrl(configured); !status.ok()) {
    const absl::string_view rule = status.message();
    check->Fail(path, {rule.data(), rule.size()});
  }
  return configured;
}

}  // namespace

EcsConfig ReadEcs(sidecar::v1::Ecs* proto, FieldChecker* check) {
  EcsConfig config;
  config.metadata_uri = Uri("ecs.metadata_uri", proto->metadata_uri(), "ECS_CONTAINER_METADATA_URI_V4", check);
  return config;
}

}  // namespace viaduct
