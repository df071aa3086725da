#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace viaduct::text {

// The error of a setting names its place: the message begins with a field path and ": ". The path consists of the
// proto's field names, dots and [index], relative to the message that was read, so that a config loader can prepend its
// own prefix, file, line and column:
//
//   trusted_peers[2]: "10.0.0.0/33": prefix length exceeds 32

// Returns the error of a value, without a path: the quoted and escaped `value`, of a URL without secrets
// (text/redaction.h), and the rule that it breaks.
absl::Status InvalidValue(std::string_view value, std::string_view rule);

// Returns the error of the field at `path`, for a rule that needs no value: "path: rule".
absl::Status InvalidField(std::string_view path, std::string_view rule);

// Returns `error` with `path` in front: as "path: message", or as "path[2]: message" when the message begins with an
// index.
absl::Status AtField(std::string_view path, const absl::Status& error);

}  // namespace viaduct::text
