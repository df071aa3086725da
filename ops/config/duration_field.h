#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <chrono>
#include <optional>

namespace viaduct::ops {

// Whether `field` is a google.protobuf.Duration, or a list of them.
bool IsDuration(const google::protobuf::FieldDescriptor& field);

// Reads and sets a google.protobuf.Duration by reflection: it may be a dynamic message.
std::chrono::nanoseconds GetDuration(const google::protobuf::Message& duration);
void SetDuration(std::chrono::nanoseconds value, google::protobuf::Message* duration);

// A config's duration in whole milliseconds.
std::chrono::milliseconds ToMilliseconds(const google::protobuf::Duration& duration);
// The same for a field whose 0s means off: nullopt.
std::optional<std::chrono::milliseconds> ToMillisecondsOrOff(const google::protobuf::Duration& duration);

}  // namespace viaduct::ops
