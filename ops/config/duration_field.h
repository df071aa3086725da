#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <chrono>
#include <optional>

namespace viaduct::ops {

// Returns true if `field` is a google.protobuf.Duration, or a list of them.
bool IsDuration(const google::protobuf::FieldDescriptor& field);

// Get and set a google.protobuf.Duration by reflection, so that it may be a dynamic message.
std::chrono::nanoseconds GetDuration(const google::protobuf::Message& duration);
void SetDuration(std::chrono::nanoseconds value, google::protobuf::Message* duration);

// Returns a config's duration in whole milliseconds.
std::chrono::milliseconds ToMilliseconds(const google::protobuf::Duration& duration);
// The same, but returns nullopt for 0s, which means off.
std::optional<std::chrono::milliseconds> ToMillisecondsOrOff(const google::protobuf::Duration& duration);

}  // namespace viaduct::ops
