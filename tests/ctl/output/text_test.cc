#include "ctl/output/text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::ctl {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(TextTest, AgesShowTheirTwoLargestUnits) {
  EXPECT_EQ(FormatAge(milliseconds(999)), "0s");
  EXPECT_EQ(FormatAge(seconds(59)), "59s");
  EXPECT_EQ(FormatAge(seconds(60)), "1m0s");
  EXPECT_EQ(FormatAge(minutes(3) + seconds(12)), "3m12s");
  EXPECT_EQ(FormatAge(minutes(60) - seconds(1)), "59m59s");
  EXPECT_EQ(FormatAge(hours(5) + minutes(3) + seconds(59)), "5h3m");
  EXPECT_EQ(FormatAge(days(2) + hours(7) + minutes(59)), "2d7h");
  EXPECT_EQ(FormatAge(days(365)), "365d0h");
}

TEST(TextTest, AgesBeforeTheClockAreZero) { EXPECT_EQ(FormatAge(-hours(1)), "0s"); }

TEST(TextTest, BytesMoveToTheNextUnitWhereTheirDecimalWouldOverflow) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(1229), "1.2 KiB");
  EXPECT_EQ(FormatBytes(1024 * 1024 - 52), "1023.9 KiB");
  EXPECT_EQ(FormatBytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(FormatBytes(1023.4), "1023 B");
  EXPECT_EQ(FormatBytes(1023.5), "1.0 KiB");
  EXPECT_EQ(FormatBytes(3.0 * (1 << 30)), "3.0 GiB");
  EXPECT_EQ(FormatBytes(static_cast<double>(std::numeric_limits<std::int64_t>::max())), "8.0 EiB");
}

TEST(TextTest, TrafficIsMessagesAndBytes) { EXPECT_EQ(FormatTraffic(12, 1229), "12 messages, 1.2 KiB"); }

TEST(TextTest, TimesAreUtcWithMilliseconds) {
  EXPECT_EQ(FormatTime(std::chrono::system_clock::time_point(milliseconds(1'793'695'545'123))),
            "2026-11-03T08:45:45.123Z");
  EXPECT_EQ(FormatTime(std::chrono::system_clock::time_point()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(std::chrono::system_clock::time_point(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(TextTest, TerminalCommandsAreEscaped) {
  EXPECT_EQ(Escape("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(Escape("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(Escape(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(Escape("\x7f"), "\\x7f");
  // The one-byte form of ESC [ in terminals that read UTF-8.
  EXPECT_EQ(Escape("\xC2\x9B"
                   "2J"),
            "\\x9b2J");
}

TEST(TextTest, TextThatHidesOrReordersIsEscaped) {
  EXPECT_EQ(Escape("a\u202Eb"), "a\\u{202e}b");
  EXPECT_EQ(Escape("\u2066\u200B\uFEFF\u2028"), "\\u{2066}\\u{200b}\\u{feff}\\u{2028}");
  EXPECT_EQ(Escape("\U000E0041"), "\\u{e0041}");
}

TEST(TextTest, BytesThatAreNotUtf8AreEscapedOneByOne) { EXPECT_EQ(Escape("a\xE2\x82z\xFF"), "a\\xe2\\x82z\\xff"); }

TEST(TextTest, OrdinaryTextPassesAndABackslashCannotBeMistakenForAnEscape) {
  EXPECT_EQ(Escape("Mozilla/5.0 (é, 日本) 😀"), "Mozilla/5.0 (é, 日本) 😀");
  EXPECT_EQ(Escape("\\x1b"), "\\\\x1b");
}

TEST(TextTest, WidthCountsCodePoints) {
  EXPECT_EQ(Width(""), 0u);
  EXPECT_EQ(Width("abc"), 3u);
  EXPECT_EQ(Width("é€😀"), 3u);
}

TEST(TextTest, TruncationKeepsWholeCodePointsAndEndsInAnEllipsis) {
  EXPECT_EQ(Truncate("abc", 3), "abc");
  EXPECT_EQ(Truncate("abcd", 3), "ab…");
  EXPECT_EQ(Truncate("é€😀x", 3), "é€…");
  EXPECT_EQ(Truncate("abc", 1), "…");
  EXPECT_EQ(Truncate("abc", 0), "");
}

TEST(TextTest, WrappingBreaksAtSpacesAndOtherwiseInAWord) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(Wrap("", 3), Lines{""});
  EXPECT_EQ(Wrap("abc", 3), Lines{"abc"});
  EXPECT_EQ(Wrap("abc de f", 4), (Lines{"abc", "de f"}));
  EXPECT_EQ(Wrap("abc def", 3), (Lines{"abc", "def"}));
  EXPECT_EQ(Wrap("é€😀xyz", 2), (Lines{"é€", "😀x", "yz"}));
}

TEST(TextTest, PaddingCountsCodePointsAndNeverCuts) {
  EXPECT_EQ(PadRight("é", 3), "é  ");
  EXPECT_EQ(PadLeft("é", 3), "  é");
  EXPECT_EQ(PadRight("abcd", 3), "abcd");
  EXPECT_EQ(PadLeft("abcd", 3), "abcd");
}

}  // namespace
}  // namespace viaduct::ctl
