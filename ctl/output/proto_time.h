#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <string>

namespace viaduct::ctl {

// Times and durations from the wire as types of the standard library. Values more than 142 years from zero are clamped,
// so that the difference of any two fits its type.
std::chrono::system_clock::time_point FromProto(const google::protobuf::Timestamp& time);
std::chrono::nanoseconds FromProto(const google::protobuf::Duration& duration);

google::protobuf::Duration ToDurationProto(std::chrono::nanoseconds duration);

// Returns the time before `now`, in the form of FormatAge.
std::string AgeText(std::chrono::system_clock::time_point now, const google::protobuf::Timestamp& time);

}  // namespace viaduct::ctl
