#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace viaduct::ctl {

// `message` as one line of JSON for scripts, by protobuf's mapping: field names as in the proto, defaults included,
// 64-bit numbers as strings. Control characters are escaped. An error if it holds a time beyond the years 1 to 9999.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

}  // namespace viaduct::ctl
