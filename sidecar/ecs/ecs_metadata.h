#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/log/log_line.h"

namespace viaduct::sidecar {

// The identity of this ECS task, from its metadata endpoint (version 4). A value.
struct EcsMetadata {
  std::string task_id;            // The last part of the task's ARN.
  std::string availability_zone;  // "" if ECS does not say.
};

// Reads the body of an answer to GET $ECS_CONTAINER_METADATA_URI_V4/task.
absl::StatusOr<EcsMetadata> ParseEcsMetadata(std::string_view json);

// Asks the endpoint at `uri`; waits up to `timeout`.
absl::StatusOr<EcsMetadata> ReadEcsMetadata(const std::string& uri, std::chrono::nanoseconds timeout);

// Adds the task and its availability zone to every log line.
void AddTo(ops::LogLines* lines, const EcsMetadata& metadata);

}  // namespace viaduct::sidecar
