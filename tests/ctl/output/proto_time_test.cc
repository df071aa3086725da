#include "ctl/output/proto_time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>

namespace viaduct::ctl {
namespace {

TEST(ProtoTimeTest, SecondsAndNanosAreAdded) {
  google::protobuf::Timestamp time;
  time.set_seconds(10);
  time.set_nanos(500'000'000);
  EXPECT_EQ(FromProto(time).time_since_epoch(), std::chrono::milliseconds(10'500));
  google::protobuf::Duration duration;
  duration.set_seconds(-1);
  duration.set_nanos(-1);
  EXPECT_EQ(FromProto(duration), std::chrono::nanoseconds(-1'000'000'001));
}

TEST(ProtoTimeTest, TheDifferenceOfAnyTwoFits) {
  google::protobuf::Duration longest;
  longest.set_seconds(std::numeric_limits<std::int64_t>::max());
  longest.set_nanos(std::numeric_limits<std::int32_t>::max());
  google::protobuf::Duration shortest;
  shortest.set_seconds(std::numeric_limits<std::int64_t>::min());
  shortest.set_nanos(std::numeric_limits<std::int32_t>::min());
  EXPECT_GT(FromProto(longest), std::chrono::years(142));
  EXPECT_LT(FromProto(shortest), -std::chrono::years(142));
  EXPECT_GT(FromProto(longest) - FromProto(shortest), std::chrono::years(284));
}

}  // namespace
}  // namespace viaduct::ctl
