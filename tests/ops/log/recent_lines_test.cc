#include "ops/log/recent_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace viaduct::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = RecentLines::Kind;

TEST(RecentLinesTest, TheNewestOfEachKindAreFoundFirst) {
  RecentLines lines;
  lines.Keep(Kind::kRequest, "a 1");
  lines.Keep(Kind::kConnection, "a 2");
  lines.Keep(Kind::kRequest, "b 3");
  lines.Keep(Kind::kRequest, "a 4");
  EXPECT_THAT(lines.Find("a", 10), ElementsAre("a 4", "a 1", "a 2"));
  EXPECT_THAT(lines.Find("a", 1), ElementsAre("a 4", "a 2"));
  EXPECT_THAT(lines.Find("c", 10), IsEmpty());
  EXPECT_THAT(lines.Find("a", 0), IsEmpty());
}

TEST(RecentLinesTest, TheOldestAreForgottenFirst) {
  RecentLines lines;
  const std::string half(RecentLines::kMaxBytes / 2, 'x');
  lines.Keep(Kind::kRequest, "1" + half.substr(1));
  lines.Keep(Kind::kRequest, "2" + half.substr(1));
  ASSERT_EQ(lines.Find("x", 10).size(), 2u);
  lines.Keep(Kind::kRequest, "3");
  EXPECT_THAT(lines.Find("1", 10), IsEmpty());
  EXPECT_EQ(lines.Find("2", 10).size(), 1u);
  EXPECT_EQ(lines.Find("3", 10).size(), 1u);
}

TEST(RecentLinesTest, AFloodOfOneKindLeavesTheOther) {
  RecentLines lines;
  lines.Keep(Kind::kConnection, "the end");
  const std::string denial(1000, 'x');
  for (int i = 0; i < 5000; ++i) lines.Keep(Kind::kRequest, denial);
  EXPECT_THAT(lines.Find("the end", 10), ElementsAre("the end"));
  EXPECT_EQ(lines.Find("x", 10000).size(), RecentLines::kMaxBytes / denial.size());
}

TEST(RecentLinesTest, ALineThatDoesNotFitIsNotKeptAndDrivesOutNothing) {
  RecentLines lines;
  lines.Keep(Kind::kRequest, "a");
  lines.Keep(Kind::kRequest, std::string(RecentLines::kMaxBytes + 1, 'x'));
  EXPECT_THAT(lines.Find("", 10), ElementsAre("a"));
  lines.Keep(Kind::kRequest, std::string(RecentLines::kMaxBytes, 'x'));
  EXPECT_EQ(lines.Find("", 10).size(), 1u);
}

}  // namespace
}  // namespace viaduct::ops
