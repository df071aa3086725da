#pragma once

#include <google/protobuf/duration.pb.h>

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::text {

// Reads a duration as operators write it: whole numbers with the units h, m, s, ms, us and ns, the largest unit first,
// such as "250ms", "25s", "10m", "1m30s" or "0s". The result is from 0 to ten years, so that adding it to a clock
// cannot overflow. The error's message is the rule that the text breaks and does not repeat the text.
absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text);

// Writes a duration as ParseDuration reads it; a negative one has a "-" in front.
std::string DurationText(std::chrono::nanoseconds duration);

// Converts exactly what ParseDuration can return, and clamps other values to what the result can hold.
std::chrono::nanoseconds ToChrono(const google::protobuf::Duration& duration);
google::protobuf::Duration ToProto(std::chrono::nanoseconds duration);

}  // namespace viaduct::text
