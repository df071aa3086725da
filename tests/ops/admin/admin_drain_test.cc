#include "ops/admin/admin_drain.h"

#include <gtest/gtest.h>

#include <chrono>

namespace viaduct::ops {
namespace {

constexpr Drain::Time At(int seconds) { return Drain::Time(std::chrono::seconds(seconds)); }

TEST(AdminDrainTest, OfOneThatServesOnlyTheOpenOnesAreTold) {
  const admin::v1::Drain proto = ToProto({.open = 7, .since = At(1000), .open_at_start = 9, .closed = 2});
  EXPECT_EQ(proto.state(), admin::v1::Drain::SERVING);
  EXPECT_EQ(proto.open(), 7);
  EXPECT_EQ(proto.cause(), admin::v1::Drain::CAUSE_UNSPECIFIED);
  EXPECT_FALSE(proto.has_start_time());
  EXPECT_EQ(proto.open_at_start(), 0);
  EXPECT_EQ(proto.closed(), 0);
}

TEST(AdminDrainTest, ADrainIsToldWhole) {
  Drain drain{.state = Drain::State::kDraining,
              .open = 7,
              .cause = Drain::Cause::kStop,
              .since = At(1000),
              .spread_end = At(1060),
              .deadline = At(1100),
              .open_at_start = 9,
              .closed = 2};
  admin::v1::Drain proto = ToProto(drain);
  EXPECT_EQ(proto.state(), admin::v1::Drain::DRAINING);
  EXPECT_EQ(proto.cause(), admin::v1::Drain::STOP);
  EXPECT_EQ(proto.start_time().seconds(), 1000);
  EXPECT_EQ(proto.spread_end_time().seconds(), 1060);
  EXPECT_EQ(proto.deadline().seconds(), 1100);
  EXPECT_EQ(proto.open_at_start(), 9);
  EXPECT_EQ(proto.closed(), 2);

  drain = {.state = Drain::State::kDrained, .cause = Drain::Cause::kOperator};
  proto = ToProto(drain);
  EXPECT_EQ(proto.state(), admin::v1::Drain::DRAINED);
  EXPECT_EQ(proto.cause(), admin::v1::Drain::OPERATOR);
  EXPECT_FALSE(proto.has_deadline());
}

}  // namespace
}  // namespace viaduct::ops
