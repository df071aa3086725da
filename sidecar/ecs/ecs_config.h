#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/sidecar/v1/sidecar.pb.h"

namespace viaduct::sidecar {

// The sidecar's settings for running in an ECS task. A value.
struct EcsConfig {
  // Reads `proto`, which keeps the rules of its schema (ops/config/field_rules.h), and sets the default of
  // renew_interval in it. URIs that it lacks come from the environment; they are not checked here. Errors begin with
  // the field's path from the config's root.
  static absl::StatusOr<EcsConfig> Create(sidecar::v1::Ecs* proto);

  struct Protection {
    std::chrono::minutes expires_after{};
    std::chrono::milliseconds renew_interval{};
    std::chrono::milliseconds idle_hold{};
  };

  std::string metadata_uri;              // "": no metadata
  std::string agent_uri;                 // "": no agent
  std::optional<Protection> protection;  // nullopt: off
};

// Describes how the task is protected: "off" or "for 10m, renewed after 5m, held for 10s".
std::string ProtectionText(const EcsConfig& config);

}  // namespace viaduct::sidecar
