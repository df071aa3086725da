#include "text/text_buffer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace viaduct::text {
namespace {

TEST(TextBufferTest, IsEmptyAtFirst) {
  TextBuffer text;
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.view(), "");
  EXPECT_EQ(text.capacity(), 0u);
  text.Append("");
  text.Shrink();
  EXPECT_TRUE(text.empty());
}

TEST(TextBufferTest, WhatIsWrittenInTheRoomCountsUpToItsEnd) {
  TextBuffer text;
  text.Append("ab");
  char* const at = text.Room(100);
  EXPECT_EQ(at[-1], 'b');
  std::string_view("cdef").copy(at, 4);
  text.EndAt(at + 2);
  EXPECT_EQ(text.view(), "abcd");
  EXPECT_EQ(text.back(), 'd');
}

TEST(TextBufferTest, GrowsWithItsText) {
  TextBuffer text;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i);
    text.Append(piece);
    expected += piece;
    ASSERT_EQ(text.view(), expected);
  }
  EXPECT_LE(text.capacity(), 2 * expected.size());
}

TEST(TextBufferTest, ClearKeepsTheMemoryAndShrinkGivesItBack) {
  TextBuffer text;
  text.Append(std::string(100, 'x'));
  const std::size_t capacity = text.capacity();
  text.Clear();
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.capacity(), capacity);
  text.Append("kept");
  text.Shrink();
  EXPECT_EQ(text.view(), "kept");
  EXPECT_EQ(text.capacity(), 4u);
  text.Clear();
  text.Shrink();
  EXPECT_EQ(text.capacity(), 0u);
}

TEST(TextBufferTest, WhatWasMovedFromIsEmpty) {
  TextBuffer text;
  text.Append("abc");
  TextBuffer other(std::move(text));
  EXPECT_EQ(other.view(), "abc");
  text = TextBuffer();
  text.Append("new");
  other = std::move(text);
  EXPECT_EQ(other.view(), "new");
}

}  // namespace
}  // namespace viaduct::text
