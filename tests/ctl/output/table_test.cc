#include "ctl/output/table.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace viaduct::ctl {
namespace {

constexpr Look kShown = {};
constexpr Look kHidden = {.headers = false};

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
  EXPECT_EQ(Animals().Render(kShown),
            "ID        COUNT  NOTE\n"
            "aardvark      7  digs a lot\n"
            "bee       12000  flies around\n");
}

TEST(TableTest, HeadersCanBeHiddenAndThenTakeNoWidth) {
  Table table({{.header = "A LONG HEADER"}, {.header = "B"}});
  table.AddRow({"1", "2"});
  EXPECT_EQ(table.Render(kHidden), "1  2\n");
}

TEST(TableTest, EmptyCellsAreShownAsADash) {
  Table table({{.header = "A"}, {.header = "B"}});
  table.AddRow({"", "x"});
  EXPECT_EQ(table.Render(kHidden), "-  x\n");
}

TEST(TableTest, CellsAreEscaped) {
  Table table({{.header = "A"}});
  table.AddRow({"\x1b[31mred\n"});
  EXPECT_EQ(table.Render(kHidden), "\\x1b[31mred\\n\n");
}

TEST(TableTest, ATableThatFitsExactlyIsNotCut) { EXPECT_EQ(Animals().Render({.width = 29}), Animals().Render(kShown)); }

TEST(TableTest, ATerminalOneColumnTooNarrowCutsTheCellsThatMayBe) {
  EXPECT_EQ(Animals().Render({.width = 28}),
            "ID        COUNT  NOTE\n"
            "aardvark      7  digs a lot\n"
            "bee       12000  flies arou…\n");
}

TEST(TableTest, ColumnsGoByTheirOrderWhereCuttingIsNotEnough) {
  EXPECT_EQ(Animals().Render({.width = 21}),
            "ID        COUNT  NOTE\n"
            "aardvark      7  dig…\n"
            "bee       12000  fli…\n");
  EXPECT_EQ(Animals().Render({.width = 20}),
            "ID        COUNT\n"
            "aardvark      7\n"
            "bee       12000\n");
  EXPECT_EQ(Animals().Render({.width = 14}), "ID\naardvark\nbee\n");
}

TEST(TableTest, AColumnWithoutADropOrderIsNeverCutOrLeftOut) {
  EXPECT_EQ(Animals().Render({.width = 1}), "ID\naardvark\nbee\n");
}

// 5 + 2 + 24 columns wide.
Table Rules() {
  Table table({{.header = "RULE", .toned = true},
               {.header = "FACTS", .min_width = 12, .narrow = Column::Narrow::kWrap},
               {.header = "FIX", .min_width = 12, .below_order = 1},
               {.header = "MORE", .only_wide = true}});
  table.AddRow({"wrong", "the peer is in no subnet", "add the subnet", "m"});
  table.AddRow({"ok", "fine", "", ""});
  return table;
}

TEST(TableTest, CellsAreWrappedAtSpaces) {
  EXPECT_EQ(Rules().Render({.width = 40}),
            "RULE   FACTS              FIX\n"
            "wrong  the peer is in no  add the subnet\n"
            "       subnet\n"
            "ok     fine               -\n");
}

TEST(TableTest, ColumnsMoveBelowTheirRowBeforeAnyIsLeftOut) {
  EXPECT_EQ(Rules().Render({.width = 24}),
            "RULE   FACTS\n"
            "wrong  the peer is in no\n"
            "       subnet\n"
            "    FIX  add the subnet\n"
            "ok     fine\n");
}

TEST(TableTest, AWideTableHasAllColumnsAndCutsNothing) {
  EXPECT_EQ(Rules().Render({.width = 20, .wide = true}),
            "RULE   FACTS                     FIX             MORE\n"
            "wrong  the peer is in no subnet  add the subnet  m\n"
            "ok     fine                      -               -\n");
}

TEST(TableTest, OnlyWordsWithAToneAreColoured) {
  EXPECT_EQ(Rules().Render({.headers = false, .color = true}),
            "\x1b[31mwrong\x1b[0m  the peer is in no subnet  add the subnet\n"
            "ok     fine                      -\n");
  EXPECT_EQ(RenderFields({{"state", "draining"}, {"room", "denied"}, {"verdict", "403 denied: via"}}, {.color = true}),
            "state    \x1b[33mdraining\x1b[0m\n"
            "room     denied\n"
            "verdict  \x1b[31m403 denied: via\x1b[0m\n");
}

TEST(TableTest, AFieldGoesOnBelowItself) {
  EXPECT_EQ(RenderFields({{"user agent", "Mozilla/5.0 (X11; Linux x86_64)"}}, {.width = 34}),
            "user agent  Mozilla/5.0 (X11;\n"
            "            Linux x86_64)\n");
}

TEST(TableTest, FieldsAreNamesAndValuesOneALine) {
  EXPECT_EQ(RenderFields({{"id", "7c9e"}, {"user agent", ""}, {"room", "a\tb"}}),
            "id          7c9e\n"
            "user agent  -\n"
            "room        a\\tb\n");
}

}  // namespace
}  // namespace viaduct::ctl
