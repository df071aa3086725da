#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace viaduct::ops {

// The errors of both programs' admin services (https://google.aip.dev/193): a code, a message for people, and
// google.rpc details for programs. Each error has an ErrorInfo with a reason from a closed list, the table in
// docs/operations.md. Thread-safe, without state.

// ErrorInfo.domain.
inline constexpr std::string_view kErrorDomain = "viaduct";

// Makes INVALID_ARGUMENT with "field: rule", a BadRequest that names the field, and reason INVALID_FIELD.
grpc::Status InvalidField(const std::string& field, const std::string& rule);

// Makes NOT_FOUND with a ResourceInfo and reason RESOURCE_NOT_FOUND. `type` is a message's full name.
grpc::Status NoSuchResource(std::string_view type, std::string_view name, std::string_view message);

// Makes an error with any reason, and with the time after which to retry, if a retry makes sense.
grpc::Status RefusedCall(grpc::StatusCode code, std::string_view reason, std::string_view message,
                         std::optional<std::chrono::nanoseconds> retry_delay = std::nullopt);

// Converts an error of code that does not know gRPC. The reason follows from the code. An INVALID_ARGUMENT whose
// message begins with "field: " names the field; RESOURCE_EXHAUSTED and UNAVAILABLE ask to retry in a second.
grpc::Status ToGrpc(const absl::Status& status);
// The same, with NOT_FOUND meaning the resource `name` of `type`.
grpc::Status ToGrpc(const absl::Status& status, std::string_view type, std::string_view name);

}  // namespace viaduct::ops
