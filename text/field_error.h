#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace viaduct::text {

// How an error of the filter's settings names its place: the message begins with a field path and ": ". The path uses
// the field names of api/filter/v1/filter.proto, dots and [index], relative to the message VpcOrigin, so that a config
// loader can put its own prefix, file, line and column in front:
//
//   trusted_peers[2]: "10.0.0.0/33": prefix length exceeds 32

// The quoted and escaped `value`, and what is wrong with it. No path yet.
absl::Status SpecError(std::string_view value, std::string_view rule);

// `error` with `path` put in front: as "path: message", or as "path[2]: message" when the message begins with an index.
absl::Status AtField(std::string_view path, const absl::Status& error);

}  // namespace viaduct::text
