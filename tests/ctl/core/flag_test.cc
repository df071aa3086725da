#include "ctl/core/flag.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace viaduct::ctl {
namespace {

TEST(FlagTest, TimeoutsHaveAUnitAndBounds) {
  std::chrono::milliseconds timeout{};
  const ValueReader read = ReadTimeout(&timeout);
  for (const char* good : {"1ms", "1h", "1.5s", "2m30s"}) EXPECT_TRUE(read(good).ok()) << good;
  EXPECT_EQ(timeout, std::chrono::seconds(150));
  for (const char* bad : {"5", "0", "0s", "-1s", "999us", "61m", "inf", "", "5 s", "s"}) {
    EXPECT_EQ(std::string(read(bad).message()), "expected a duration from 1ms to 1h, like 500ms, 5s or 2m") << bad;
  }
  EXPECT_EQ(timeout, std::chrono::seconds(150)) << "an error changes nothing";
}

TEST(FlagTest, SpansMayBeMuchLonger) {
  std::optional<std::chrono::milliseconds> span;
  const ValueReader read = ReadSpan(&span);
  EXPECT_TRUE(read("48h").ok());
  EXPECT_EQ(span, std::chrono::hours(48));
  for (const char* bad : {"10001h", "0s", "2d", ""}) {
    EXPECT_EQ(std::string(read(bad).message()), "expected a duration from 1ms to 10000h, like 90s, 10m or 24h") << bad;
  }
}

TEST(FlagTest, NumbersAreWholeAndInTheirRange) {
  int number = 0;
  const ValueReader read = ReadNumber(&number, 1, 1000);
  EXPECT_TRUE(read("20").ok());
  EXPECT_EQ(number, 20);
  for (const char* bad : {"0", "1001", "1.5", "", "x", "99999999999"}) {
    EXPECT_EQ(std::string(read(bad).message()), "expected a whole number from 1 to 1000") << bad;
  }
}

TEST(FlagTest, OnlyATextThatMayBeEmptyTakesTheEmptyOne) {
  std::string text = "before";
  EXPECT_FALSE(ReadText(&text)("").ok());
  EXPECT_EQ(text, "before");
  std::optional<std::string> any;
  EXPECT_TRUE(ReadAnyText(&any)("").ok());
  EXPECT_EQ(any, "");
}

TEST(FlagTest, FamiliesAreJoinedInTheirOrder) {
  bool option = false;
  const auto flag = [&option](const char* name) { return Flag{.name = name, .help = "", .read = ReadSwitch(&option)}; };
  const std::vector<Flag> flags = JoinFlags({{flag("a"), flag("b")}, {flag("c")}});
  ASSERT_EQ(flags.size(), 3u);
  EXPECT_EQ(FindFlag(flags, "c"), &flags[2]);
  EXPECT_EQ(FindFlag(flags, "d"), nullptr);
}

}  // namespace
}  // namespace viaduct::ctl
