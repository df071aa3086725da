#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>

namespace viaduct::ctl {

// What came from the wire as the standard library's types. Anything more than 142 years from zero becomes that, so that
// the difference of any two fits its type.
std::chrono::system_clock::time_point FromProto(const google::protobuf::Timestamp& time);
std::chrono::nanoseconds FromProto(const google::protobuf::Duration& duration);

google::protobuf::Duration ToDurationProto(std::chrono::nanoseconds duration);

}  // namespace viaduct::ctl
