#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "api/sidecar/v1/sidecar.pb.h"
#include "ops/config/field_checker.h"

namespace viaduct::sidecar {

// The sidecar's settings for running in an ECS task. A value.
struct EcsConfig {
  struct Protection {
    std::chrono::minutes expires_after{};
    ops::FieldChecker::Duration renew_interval{};
    ops::FieldChecker::Duration idle_hold{};
  };

  std::string metadata_uri;              // "": no task to be asked for
  std::string agent_uri;                 // "": no agent
  std::optional<Protection> protection;  // nullopt: off
};

// What `proto` leaves to the environment is read from there. A variable may hold anything: who uses it will complain.
EcsConfig ReadEcs(sidecar::v1::Ecs* proto, ops::FieldChecker* check);

// How the task is protected, in short: "off" or "for 10m, renewed after 5m, held for 10s".
std::string ProtectionText(const EcsConfig& config);

}  // namespace viaduct::sidecar
