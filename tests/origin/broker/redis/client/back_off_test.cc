#include "origin/broker/redis/client/back_off.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace viaduct::origin {
namespace {

using std::chrono::milliseconds;

TEST(BackOffTest, IsAnythingUpToABoundThatDoubles) {
  const milliseconds bounds[] = {milliseconds(100), milliseconds(200), milliseconds(400), milliseconds(500),
                                 milliseconds(500)};
  std::chrono::nanoseconds longest[5] = {};
  std::chrono::nanoseconds shortest[5] = {milliseconds(500), milliseconds(500), milliseconds(500), milliseconds(500),
                                          milliseconds(500)};
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    BackOff back_off(milliseconds(100), milliseconds(500), seed);
    for (int i = 0; i < 5; ++i) {
      const std::chrono::nanoseconds wait = back_off.Next();
      EXPECT_GE(wait.count(), 0);
      EXPECT_LE(wait, bounds[i]);
      longest[i] = std::max(longest[i], wait);
      shortest[i] = std::min(shortest[i], wait);
    }
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_GT(longest[i], bounds[i] * 9 / 10);
    EXPECT_LT(shortest[i], bounds[i] / 10);
  }
}

TEST(BackOffTest, BeginsAnewWhenAllIsWell) {
  BackOff back_off(milliseconds(1), milliseconds(1000), 7);
  for (int i = 0; i < 20; ++i) back_off.Next();
  back_off.Reset();
  EXPECT_LE(back_off.Next(), milliseconds(1));
}

}  // namespace
}  // namespace viaduct::origin
