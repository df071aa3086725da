#include "ctl/core/suggestion.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace viaduct::ctl {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"stats", "watch", "broadcast", "health"};

TEST(SuggestionTest, OneOrTwoMistakesAreForgiven) {
  EXPECT_EQ(Closest("stat", kWords), "stats");
  EXPECT_EQ(Closest("sttas", kWords), "stats");
  EXPECT_EQ(Closest("wacth", kWords), "watch");
  EXPECT_EQ(Closest("brodcats", kWords), "broadcast");
}

TEST(SuggestionTest, MoreThanAThirdOfTheWordIsAnotherWord) {
  EXPECT_EQ(Closest("st", kWords), "");
  EXPECT_EQ(Closest("wxyz", kWords), "");
  EXPECT_EQ(Closest("brdcstxx", kWords), "");
  EXPECT_EQ(Closest("", kWords), "");
}

TEST(SuggestionTest, TheClosestWins) {
  constexpr std::array<std::string_view, 2> kAlike = {"token-fill", "token-file"};
  EXPECT_EQ(Closest("token-fille", kAlike), "token-fill");
  EXPECT_EQ(Closest("tokenfile", kAlike), "token-file");
}

TEST(SuggestionTest, AVeryLongWordIsNotCompared) { EXPECT_EQ(Closest(std::string(100'000, 's'), kWords), ""); }

}  // namespace
}  // namespace viaduct::ctl
