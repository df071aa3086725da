#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace viaduct::ctl {

// A result for scripts: what JSON and YAML can say. A value.
struct Value {
  enum class Kind { kScalar, kList, kObject };

  // The JSON text of a string, with its quotes and escapes, of a whole number, or of true, false or null.
  static Value Text(std::string_view text);
  static Value Number(std::int64_t number);
  static Value Bool(bool value);
  static Value Object(std::vector<std::pair<std::string, Value>> members);

  Kind kind = Kind::kScalar;
  std::string scalar = "null";
  std::vector<Value> items = {};                            // of a list
  std::vector<std::pair<std::string, Value>> members = {};  // of an object, in their order
};

// Returns the fields of `message` in the order of the proto, under its field names and with default values. As in
// protobuf's own mapping to JSON, an enum is its name, a time is RFC 3339 and a duration "1.5s"; fields of a oneof and
// messages that are not set are left out. Unlike there, 64-bit numbers are numbers. Only those beyond 2^53 - 1 in
// magnitude, which jq and JavaScript would round, are strings.
//
// An error if a time is outside the years 1 to 9999, or a duration longer than 10000 years.
absl::StatusOr<Value> ValueOf(const google::protobuf::Message& message);

}  // namespace viaduct::ctl
