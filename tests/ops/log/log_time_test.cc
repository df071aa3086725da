#include "ops/log/log_time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace viaduct::ops {
namespace {

using std::chrono::system_clock;

system_clock::time_point At(std::int64_t millis) { return system_clock::time_point(std::chrono::milliseconds(millis)); }

// Each expectation is what Node.js prints for new Date(millis).toISOString().
TEST(LogTimeTest, TextsAreThoseOfToIsoString) {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1779714174569, "2026-05-25T13:02:54.569Z"},
      {1709251199999, "2024-02-29T23:59:59.999Z"},
      {951782400000, "2000-02-29T00:00:00.000Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
      {-86400001, "1969-12-30T23:59:59.999Z"},
      {4102444800007, "2100-01-01T00:00:00.007Z"},
  };
  for (const auto& [millis, expected] : cases) EXPECT_EQ(LogTime().Text(At(millis)), expected);
}

TEST(LogTimeTest, RemembersNothingWrong) {
  LogTime time;
  EXPECT_EQ(time.Text(At(1779714174569)), "2026-05-25T13:02:54.569Z");
  EXPECT_EQ(time.Text(At(1779714174569)), "2026-05-25T13:02:54.569Z");
  EXPECT_EQ(time.Text(At(1779714174570)), "2026-05-25T13:02:54.570Z");
  EXPECT_EQ(time.Text(At(1779714175570)), "2026-05-25T13:02:55.570Z");
  EXPECT_EQ(time.Text(At(1779714175000)), "2026-05-25T13:02:55.000Z");
  EXPECT_EQ(time.Text(At(1779714174001)), "2026-05-25T13:02:54.001Z");
}

TEST(LogTimeTest, RoundsDown) {
  EXPECT_EQ(LogTime().Text(At(1779714174569) + std::chrono::nanoseconds(999'999)), "2026-05-25T13:02:54.569Z");
  EXPECT_EQ(LogTime().Text(At(0) - std::chrono::nanoseconds(1)), "1969-12-31T23:59:59.999Z");
}

TEST(LogTimeTest, HoldsTheWholeRangeOfTheClock) {
  EXPECT_EQ(LogTime().Text(system_clock::time_point::max()), "2262-04-11T23:47:16.854Z");
  EXPECT_EQ(LogTime().Text(system_clock::time_point::min()), "1677-09-21T00:12:43.145Z");
}

}  // namespace
}  // namespace viaduct::ops
