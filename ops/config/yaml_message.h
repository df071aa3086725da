#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ops/config/yaml_tree.h"

namespace viaduct::ops {

// The positions of a message's values, by field path: "vpc_origin.trusted_peers[2]", or "" for the message itself.
using FieldPositions = std::map<std::string, TextPosition, std::less<>>;

// Sets the fields of `out` that `root` contains and notes their positions, by the rules of ConfigFile. Errors call the
// text `name`; after one, `out` and `positions` are incomplete.
absl::Status ReadMessage(std::string_view name, const YamlNode& root, google::protobuf::Message* out,
                         FieldPositions* positions);

}  // namespace viaduct::ops
