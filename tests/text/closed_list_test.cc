#include "text/closed_list.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace viaduct::text {
namespace {

enum class Color : std::uint8_t { kRed, kGreen, kBlue };

constexpr auto kColors = ClosedListOf<Color>({
    {Color::kRed, "red"},
    {Color::kGreen, "green"},
    {Color::kBlue, "blue"},
});

// The condition of ClosedListOf; false where it does not compile.
static_assert(NamesEveryEnumerator<Color>({{Color::kRed, "red"}, {Color::kGreen, "green"}, {Color::kBlue, "blue"}}));
static_assert(!NamesEveryEnumerator<Color>({{Color::kRed, "red"}, {Color::kGreen, "green"}}), "the last is missing");
static_assert(!NamesEveryEnumerator<Color>({{Color::kGreen, "green"}, {Color::kBlue, "blue"}}), "the first is missing");
static_assert(!NamesEveryEnumerator<Color>({{Color::kRed, "red"}, {Color::kBlue, "blue"}}), "one between is missing");
static_assert(!NamesEveryEnumerator<Color>({{Color::kRed, "red"}, {Color::kBlue, "blue"}, {Color::kGreen, "green"}}),
              "two are misplaced");
static_assert(!NamesEveryEnumerator<Color>({{Color::kRed, "red"}, {Color::kRed, "rot"}, {Color::kBlue, "blue"}}),
              "one is repeated");
static_assert(!NamesEveryEnumerator<Color>({{Color::kRed, "red"}, {Color::kGreen, "red"}, {Color::kBlue, "blue"}}),
              "two have the same name");
static_assert(!NamesEveryEnumerator<Color>({{Color::kRed, "red"}, {Color::kGreen, ""}, {Color::kBlue, "blue"}}),
              "one has no name");

TEST(ClosedListTest, HasEveryValueInOrder) {
  EXPECT_EQ(kColors.size(), 3u);
  EXPECT_EQ(std::vector<Color>(kColors.begin(), kColors.end()),
            (std::vector<Color>{Color::kRed, Color::kGreen, Color::kBlue}));
  EXPECT_EQ(kColors.Index(Color::kBlue), 2u);
}

TEST(ClosedListTest, NamesEachValue) {
  EXPECT_EQ(kColors.Name(Color::kRed), "red");
  EXPECT_EQ(kColors.Name(Color::kBlue), "blue");
}

TEST(ClosedListTest, ParsesNamesAndNothingElse) {
  for (const Color color : kColors) EXPECT_EQ(kColors.Parse(kColors.Name(color)), color);
  EXPECT_EQ(kColors.Parse(""), std::nullopt);
  EXPECT_EQ(kColors.Parse("Red"), std::nullopt);
  EXPECT_EQ(kColors.Parse("redd"), std::nullopt);
}

}  // namespace
}  // namespace viaduct::text
