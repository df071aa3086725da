#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/config/yaml_message.h"

namespace viaduct::ops {

// A YAML config file, read into any protobuf message; remembers the position of each value.
//
// The schema determines the type of a value, so text needs no quotes: keys are the proto's field names, enums go by
// name in any letter case, google.protobuf.Duration as in text/duration_text.h, bytes as base64, repeated fields as
// lists, messages and maps as mappings. A value that is empty or null leaves its field unset. Refuses unknown fields,
// repeated keys, two members of a oneof, tags, a second document, more than 1 MiB, more than 100,000 values once
// aliases are followed, and messages nested deeper than 32.
//
// An error reports the first problem as "file:line:column: field.path[2]: "value": rule", without the parts that it
// lacks. A value; not thread-safe.
class ConfigFile {
 public:
  // Reads the config that an argument of ConfigSource names, and replaces the content of `out`; on an error `out` is
  // unchanged.
  static absl::StatusOr<ConfigFile> Load(const std::string& source, google::protobuf::Message* out);
  // The same for a text; errors call it `name`.
  static absl::StatusOr<ConfigFile> Parse(std::string name, std::string_view text, google::protobuf::Message* out);

  // Puts "file:line:column: " before an error found later in the message, whose text starts with a field path:
  // `vpc_origin.trusted_peers[2]: "10.0.0.0/33": prefix length exceeds 32`. The place of a scalar is its value, that of
  // a message or list its key; a field that the file lacks has the place of the nearest enclosing message. An error
  // that names no field gets only the file's name. The code is kept; OK stays OK.
  absl::Status Locate(const absl::Status& status) const;

 private:
  ConfigFile(std::string name, FieldPositions positions) : name_(std::move(name)), positions_(std::move(positions)) {}

  std::string name_;
  FieldPositions positions_;
};

}  // namespace viaduct::ops
