#include "ctl/output/progress.h"

#include <gtest/gtest.h>

namespace viaduct::ctl {
namespace {

TEST(ProgressTest, TheBarFillsWithWhatIsDone) {
  EXPECT_EQ(ProgressBar("closing", {.done = 0, .of = 10}, 44), "closing  [--------------------]  0%  0 of 10");
  EXPECT_EQ(ProgressBar("closing", {.done = 5, .of = 10}, 45), "closing  [##########----------]  50%  5 of 10");
  EXPECT_EQ(ProgressBar("closing", {.done = 10, .of = 10}, 47), "closing  [####################]  100%  10 of 10");
}

TEST(ProgressTest, ItFitsTheTerminal) {
  EXPECT_EQ(ProgressBar("closing", {.done = 1, .of = 2}, 200).size(), 64u) << "no longer than need be";
  EXPECT_EQ(ProgressBar("closing", {.done = 1, .of = 2}, 25), "closing  50%  1 of 2");
  EXPECT_LE(ProgressBar("closing", {.done = 1, .of = 2}, 10).size(), 12u);
}

TEST(ProgressTest, OfNothingAllIsDone) {
  EXPECT_NE(ProgressBar("closing", {.done = 0, .of = 0}, 80).find("100%"), std::string::npos);
}

}  // namespace
}  // namespace viaduct::ctl
