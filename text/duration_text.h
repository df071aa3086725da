#pragma once

#include <google/protobuf/duration.pb.h>

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::text {

// Reads a duration as operators write it: whole numbers with the units h, m, s, ms, us and ns, the larger first, such
// as "250ms", "25s", "10m", "1m30s" or "0s". From 0 to ten years, so that adding it to a clock cannot overflow. An
// error says only the rule that the text breaks.
absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text);

// Writes a duration so that ParseDuration reads it back; "-" before it if negative.
std::string DurationText(std::chrono::nanoseconds duration);

// Those that ParseDuration can give are converted exactly, others are cut to what the result can hold.
std::chrono::nanoseconds ToChrono(const google::protobuf::Duration& duration);
google::protobuf::Duration ToProto(std::chrono::nanoseconds duration);

}  // namespace viaduct::text
