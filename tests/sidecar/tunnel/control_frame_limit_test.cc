#include "sidecar/tunnel/control_frame_limit.h"

#include <gtest/gtest.h>

#include <chrono>

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr net::Clock::time_point kBegin{seconds(1000)};

TEST(ControlFrameLimitTest, CountsEachSecondAnew) {
  ControlFrameLimit limit;
  EXPECT_TRUE(limit.Take(2, kBegin));
  EXPECT_TRUE(limit.Take(2, kBegin + milliseconds(999)));
  EXPECT_FALSE(limit.Take(2, kBegin + milliseconds(999)));
  EXPECT_TRUE(limit.Take(2, kBegin + seconds(1)));
}

TEST(ControlFrameLimitTest, ZeroAllowsAnyNumber) {
  ControlFrameLimit limit;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limit.Take(0, kBegin));
}

}  // namespace
}  // namespace viaduct::sidecar
