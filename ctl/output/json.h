#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace viaduct::ctl {

// Writes `message` as one line of JSON for scripts, by the mapping of protobuf: with the field names of the proto,
// default values, and 64-bit numbers as strings. Control characters are escaped. An error if a time is outside the
// years 1 to 9999.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

}  // namespace viaduct::ctl
