#include "ctl/output/proto_time.h"

#include <algorithm>
#include <cstdint>

#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

std::chrono::nanoseconds Clamped(std::int64_t seconds, std::int32_t nanos) {
  // 64 bits hold 292 years in nanoseconds; half of that leaves room for a difference.
  constexpr std::int64_t kMaxSeconds = 4'500'000'000;
  const auto whole = std::chrono::seconds(std::clamp(seconds, -kMaxSeconds, kMaxSeconds));
  return whole + std::chrono::nanoseconds(std::clamp(nanos, -999'999'999, 999'999'999));
}

}  // namespace

std::chrono::system_clock::time_point FromProto(const google::protobuf::Timestamp& time) {
  return std::chrono::system_clock::time_point(Clamped(time.seconds(), time.nanos()));
}

std::chrono::nanoseconds FromProto(const google::protobuf::Duration& duration) {
  return Clamped(duration.seconds(), duration.nanos());
}

google::protobuf::Duration ToDurationProto(std::chrono::nanoseconds duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(duration.count() / 1'000'000'000);
  proto.set_nanos(static_cast<std::int32_t>(duration.count() % 1'000'000'000));
  return proto;
}

std::string AgeText(std::chrono::system_clock::time_point now, const google::protobuf::Timestamp& time) {
  return FormatAge(now - FromProto(time));
}

}  // namespace viaduct::ctl
