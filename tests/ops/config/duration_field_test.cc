#include "ops/config/duration_field.h"

#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "tests/ops/config/config_sample.pb.h"

namespace viaduct::ops {
namespace {

using google::protobuf::Duration;
using ops_test::Sample;
using std::chrono::milliseconds;

Duration Of(std::int64_t seconds, std::int32_t nanos) {
  Duration duration;
  duration.set_seconds(seconds);
  duration.set_nanos(nanos);
  return duration;
}

TEST(DurationFieldTest, KnowsDurationsFromOtherFields) {
  EXPECT_TRUE(IsDuration(*Sample::descriptor()->FindFieldByName("pause")));
  EXPECT_TRUE(IsDuration(*Sample::descriptor()->FindFieldByName("pauses")));
  EXPECT_FALSE(IsDuration(*Sample::descriptor()->FindFieldByName("inner")));
  EXPECT_FALSE(IsDuration(*Sample::descriptor()->FindFieldByName("count")));
}

TEST(DurationFieldTest, ADynamicMessageWillDo) {
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(Duration::descriptor())->New());
  SetDuration(milliseconds(90'250), message.get());
  EXPECT_EQ(GetDuration(*message), milliseconds(90'250));
}

TEST(DurationFieldTest, AConfigCountsMilliseconds) {
  EXPECT_EQ(ToMilliseconds(Of(1, 1'999'999)), milliseconds(1001));
  EXPECT_EQ(ToMilliseconds(Of(0, 0)), milliseconds(0));
  EXPECT_EQ(ToMillisecondsOrOff(Of(2, 0)), milliseconds(2000));
  EXPECT_EQ(ToMillisecondsOrOff(Of(0, 0)), std::nullopt);
}

}  // namespace
}  // namespace viaduct::ops
