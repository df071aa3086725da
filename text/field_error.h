#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace viaduct::text {

// An error of a setting names its place: the message begins with a field path and ": ". The path uses the field
// names of the proto, dots and [index], relative to the message that was read, so that a config loader can put its own
// prefix, file, line and column in front:
//
//   trusted_peers[2]: "10.0.0.0/33": prefix length exceeds 32

// The error of a value: the quoted and escaped `value` and the rule it breaks. Has no path yet.
absl::Status InvalidValue(std::string_view value, std::string_view rule);

// The error of the field at `path`, for a rule that needs no value: "path: rule".
absl::Status InvalidField(std::string_view path, std::string_view rule);

// Returns `error` with `path` in front: as "path: message", or as "path[2]: message" when the message begins with an
// index.
absl::Status AtField(std::string_view path, const absl::Status& error);

}  // namespace viaduct::text
