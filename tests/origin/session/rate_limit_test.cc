#include "origin/session/rate_limit.h"

#include <gtest/gtest.h>

#include <chrono>

namespace viaduct::origin {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr net::Clock::time_point kNow{std::chrono::hours(1)};

TEST(RateLimitTest, ABurstAndThenOneAnInterval) {
  const RateLimit::Rule rule = RateLimit::Rule::PerSecond(10, 3);
  RateLimit limit;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Take(rule, kNow));
  EXPECT_FALSE(limit.Take(rule, kNow));
  EXPECT_FALSE(limit.Take(rule, kNow + milliseconds(100) - nanoseconds(1)));
  EXPECT_TRUE(limit.Take(rule, kNow + milliseconds(100)));
  EXPECT_FALSE(limit.Take(rule, kNow + milliseconds(100)));
  // After a pause only one burst is allowed.
  const net::Clock::time_point later = kNow + std::chrono::seconds(60);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Take(rule, later));
  EXPECT_FALSE(limit.Take(rule, later));
}

TEST(RateLimitTest, ManyTokensMayBeTakenAtOnce) {
  const RateLimit::Rule rule = RateLimit::Rule::PerSecond(1000, 3000);
  RateLimit limit;
  EXPECT_TRUE(limit.Take(rule, kNow, 2000));
  EXPECT_FALSE(limit.Take(rule, kNow, 1001));
  EXPECT_TRUE(limit.Take(rule, kNow, 1000));
  EXPECT_FALSE(limit.Take(rule, kNow + milliseconds(500), 501));
  EXPECT_TRUE(limit.Take(rule, kNow + milliseconds(500), 500));
  // What is larger than a burst passes after a pause, and is paid for.
  const net::Clock::time_point later = kNow + std::chrono::seconds(60);
  EXPECT_TRUE(limit.Take(rule, later, 10'000));
  EXPECT_FALSE(limit.Take(rule, later + std::chrono::seconds(7) - nanoseconds(1), 1));
  EXPECT_TRUE(limit.Take(rule, later + std::chrono::seconds(7) + milliseconds(1), 1));
}

TEST(RateLimitTest, WithoutARateEverythingIsAllowed) {
  const RateLimit::Rule rule = RateLimit::Rule::PerSecond(0, 0);
  RateLimit limit;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limit.Take(rule, kNow));
}

}  // namespace
}  // namespace viaduct::origin
