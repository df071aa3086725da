#include "text/duration_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>

namespace viaduct::text {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(DurationTextTest, ReadsDurations) {
  const std::pair<std::string_view, nanoseconds> cases[] = {
      {"0s", 0s},
      {"0ms", 0s},
      {"250ms", 250ms},
      {"25s", 25s},
      {"90s", 90s},
      {"10m", 10min},
      {"1h", 1h},
      {"1m30s", 90s},
      {"1h0m5s", 1h + 5s},
      {"1s500ms", 1500ms},
      {"3us", 3us},
      {"7ns", 7ns},
      {"1h2m3s4ms5us6ns", 1h + 2min + 3s + 4ms + 5us + 6ns},
      {"007s", 7s},
      {"87600h", 87600h},
      {"315360000000000000ns", 87600h},
  };
  for (const auto& [text, expected] : cases) {
    const absl::StatusOr<nanoseconds> duration = ParseDuration(text);
    ASSERT_TRUE(duration.ok()) << text << " " << duration.status();
    EXPECT_EQ(*duration, expected) << text;
  }
}

TEST(DurationTextTest, RefusesOthersByTheirRule) {
  constexpr std::string_view kNoUnit = "a unit is missing, such as in 250ms, 25s, 10m or 1h";
  constexpr std::string_view kNegative = "a duration may not be negative";
  constexpr std::string_view kTooLong = "longer than 87600h";
  constexpr std::string_view kOther =
      "expected whole numbers with units, the larger first, such as 250ms, 25s, 10m or 1m30s";
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"0", kNoUnit},
      {"10", kNoUnit},
      {"1.5", kNoUnit},
      {"-1s", kNegative},
      {"-0s", kNegative},
      {"87600h1ns", kTooLong},
      {"87601h", kTooLong},
      {"99999999999999999999999999h", kTooLong},
      {"18446744073709551617s", kTooLong},
      {"", kOther},
      {"s", kOther},
      {"-", kOther},
      {"-s", kOther},
      {"+1s", kOther},
      {"1.5s", kOther},
      {"1 s", kOther},
      {" 1s", kOther},
      {"1s ", kOther},
      {"1S", kOther},
      {"1d", kOther},
      {"1sec", kOther},
      {"30s1m", kOther},
      {"1s1s", kOther},
      {"1m30", kOther},
      {"1e3s", kOther},
      {"inf", kOther},
      {"\xd9\xa1s", kOther},
  };
  for (const auto& [text, rule] : cases) {
    const absl::StatusOr<nanoseconds> duration = ParseDuration(text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_EQ(std::string(duration.status().message()), rule) << text;
  }
}

TEST(DurationTextTest, WritesDurations) {
  const std::pair<nanoseconds, std::string_view> cases[] = {
      {0s, "0s"},
      {250ms, "250ms"},
      {25s, "25s"},
      {65s, "1m5s"},
      {10min, "10m"},
      {90min, "1h30m"},
      {1500ms, "1s500ms"},
      {87600h, "87600h"},
      {1h + 1ns, "1h1ns"},
      {-90s, "-1m30s"},
      {nanoseconds::min(), "-2562047h47m16s854ms775us808ns"},
  };
  for (const auto& [duration, text] : cases) EXPECT_EQ(DurationText(duration), text);
}

TEST(DurationTextTest, ReadsBackWhatItWrites) {
  for (nanoseconds duration = 1ns; duration < 87600h; duration = duration * 7 + 3ns) {
    const absl::StatusOr<nanoseconds> read = ParseDuration(DurationText(duration));
    ASSERT_TRUE(read.ok()) << duration.count();
    EXPECT_EQ(*read, duration);
  }
}

TEST(DurationTextTest, ConvertsFromAndToProto) {
  for (const nanoseconds duration : {nanoseconds(0), nanoseconds(1500ms), nanoseconds(87600h), nanoseconds(-1500ms)}) {
    EXPECT_EQ(ToChrono(ToProto(duration)), duration);
  }
  EXPECT_EQ(ToProto(1500ms).seconds(), 1);
  EXPECT_EQ(ToProto(1500ms).nanos(), 500'000'000);
}

TEST(DurationTextTest, CutsAProtoThatDoesNotFit) {
  google::protobuf::Duration duration;
  duration.set_seconds(std::numeric_limits<std::int64_t>::max());
  duration.set_nanos(std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(ToChrono(duration), nanoseconds::max());
  duration.set_seconds(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ToChrono(duration), nanoseconds::min());
}

}  // namespace
}  // namespace viaduct::text
