#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace viaduct::ops {

// Prints every set field of a message as YAML, in the order of field numbers, so that ConfigFile::Parse reads it back
// equal; "" if none is set. Text is quoted, durations and enums are as in a config file, map entries sorted by key.
//
// Values that a config file cannot contain (enum numbers without a name, numbers that are not finite, durations that
// ParseDuration refuses) are printed, but cannot be read back.
std::string ToYaml(const google::protobuf::Message& message);

}  // namespace viaduct::ops
