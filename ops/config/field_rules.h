#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace viaduct::ops {

// Sets the defaults of absent fields and checks present ones, by the rules that the schema states
// (api/config/v1/field_rules.proto). Goes through the fields in the schema's order and into messages and lists of them,
// but not into maps.
//
// `path` is the path of `message` from the config's root, "" for the root itself. Returns the first broken rule as
// `path.field: "value": rule`, for ConfigFile::Locate; `message` then has only some of its defaults. After OK every
// field keeps its rules. The caller checks rules between fields.
absl::Status ApplyFieldRules(std::string_view path, google::protobuf::Message* message);

// Returns the default in the schema for the field `name` of `type`, "" if there is none. Valid as long as `type`.
std::string_view DefaultOf(const google::protobuf::Descriptor& type, const char* name);
// Returns the `max` of the number `name` of `type`; the schema must state one.
std::uint32_t MaxOf(const google::protobuf::Descriptor& type, const char* name);

}  // namespace viaduct::ops
