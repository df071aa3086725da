#include "ctl/output/table.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace viaduct::ctl {
namespace {

constexpr auto kShown = Table::Headers::kShown;
constexpr auto kHidden = Table::Headers::kHidden;

// 8 + 2 + 5 + 2 + 12 columns wide.
Table Animals() {
  Table table({{.header = "ID"},
               {.header = "COUNT", .align = Column::Align::kRight, .drop_order = 1},
               {.header = "NOTE", .min_width = 4, .drop_order = 2}});
  table.AddRow({"aardvark", "7", "digs a lot"});
  table.AddRow({"bee", "12000", "flies around"});
  return table;
}

TEST(TableTest, ColumnsAreAlignedAndLinesHaveNoTrailingSpaces) {
  EXPECT_EQ(Animals().Render(std::nullopt, kShown),
            "ID        COUNT  NOTE\n"
            "aardvark      7  digs a lot\n"
            "bee       12000  flies around\n");
}

TEST(TableTest, HeadersCanBeHiddenAndThenTakeNoWidth) {
  Table table({{.header = "A LONG HEADER"}, {.header = "B"}});
  table.AddRow({"1", "2"});
  EXPECT_EQ(table.Render(std::nullopt, kHidden), "1  2\n");
}

TEST(TableTest, EmptyCellsAreShownAsADash) {
  Table table({{.header = "A"}, {.header = "B"}});
  table.AddRow({"", "x"});
  EXPECT_EQ(table.Render(std::nullopt, kHidden), "-  x\n");
}

TEST(TableTest, CellsAreEscaped) {
  Table table({{.header = "A"}});
  table.AddRow({"\x1b[31mred\n"});
  EXPECT_EQ(table.Render(std::nullopt, kHidden), "\\x1b[31mred\\n\n");
}

TEST(TableTest, ATableThatFitsExactlyIsNotCut) {
  EXPECT_EQ(Animals().Render(29, kShown), Animals().Render(std::nullopt, kShown));
}

TEST(TableTest, ATerminalOneColumnTooNarrowCutsTheCellsThatMayBe) {
  EXPECT_EQ(Animals().Render(28, kShown),
            "ID        COUNT  NOTE\n"
            "aardvark      7  digs a lot\n"
            "bee       12000  flies arou…\n");
}

TEST(TableTest, ColumnsGoByTheirOrderWhereCuttingIsNotEnough) {
  EXPECT_EQ(Animals().Render(21, kShown),
            "ID        COUNT  NOTE\n"
            "aardvark      7  dig…\n"
            "bee       12000  fli…\n");
  EXPECT_EQ(Animals().Render(20, kShown),
            "ID        COUNT\n"
            "aardvark      7\n"
            "bee       12000\n");
  EXPECT_EQ(Animals().Render(14, kShown), "ID\naardvark\nbee\n");
}

TEST(TableTest, AColumnWithoutADropOrderIsNeverCutOrLeftOut) {
  EXPECT_EQ(Animals().Render(1, kShown), "ID\naardvark\nbee\n");
}

TEST(TableTest, FieldsAreNamesAndValuesOneALine) {
  EXPECT_EQ(RenderFields({{"id", "7c9e"}, {"user agent", ""}, {"room", "a\tb"}}),
            "id          7c9e\n"
            "user agent  -\n"
            "room        a\\tb\n");
}

}  // namespace
}  // namespace viaduct::ctl
