#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace viaduct::ops {

// How the admin services of both programs tell that a call failed (https://google.aip.dev/193): a code, words for
// people, and google.rpc's details for programs. Each error has an ErrorInfo with a reason of a closed list, the table
// in docs/operations.md. Thread-safe, without state.

// ErrorInfo.domain.
inline constexpr std::string_view kErrorDomain = "viaduct";

// INVALID_ARGUMENT with "field: rule", a BadRequest that names the field, and reason INVALID_FIELD.
grpc::Status InvalidField(const std::string& field, const std::string& rule);

// NOT_FOUND with a ResourceInfo; reason RESOURCE_NOT_FOUND. `type` is a message's full name.
grpc::Status NoSuchResource(std::string_view type, std::string_view name, std::string_view message);

// Any error with a reason of its own, and when to try again, if it makes sense to.
grpc::Status RefusedCall(grpc::StatusCode code, std::string_view reason, std::string_view message,
                         std::optional<std::chrono::nanoseconds> retry_delay = std::nullopt);

// An error of what knows no gRPC. The reason follows from the code; INVALID_ARGUMENT, whose words begin with "field: ",
// names the field, and RESOURCE_EXHAUSTED and UNAVAILABLE tell to try again in a second.
grpc::Status ToGrpc(const absl::Status& status);
// The same, where NOT_FOUND is about the resource `name` of `type`.
grpc::Status ToGrpc(const absl::Status& status, std::string_view type, std::string_view name);

}  // namespace viaduct::ops
