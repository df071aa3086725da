#include "filter/forwarded_tail.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::filter {
namespace {

ForwardedTail TailOf(const std::vector<std::string_view>& lines) {
  ForwardedTail tail;
  for (const std::string_view line : lines) tail.AddLine(line);
  return tail;
}

TEST(ForwardedTailTest, TakesTheLastTwoMembersOfAllLines) {
  struct Case {
    std::vector<std::string_view> lines;
    std::size_t count;
    std::string_view before_last;
    std::string_view last;
  };
  const Case cases[] = {
      {{}, 0, "", ""},
      {{"a"}, 1, "", "a"},
      {{"a, b"}, 2, "a", "b"},
      {{"a,b,c,d"}, 2, "c", "d"},
      {{"a", "b"}, 2, "a", "b"},
      {{"a, b", "c"}, 2, "b", "c"},
      {{"a", "b, c"}, 2, "b", "c"},
      {{"a, b", "c, d", "e"}, 2, "d", "e"},
      {{" \ta\t , \t b "}, 2, "a", "b"},
      // Empty members count, so that a client cannot move the others.
      {{""}, 1, "", ""},
      {{","}, 2, "", ""},
      {{"a, b,"}, 2, "b", ""},
      {{"a, , b"}, 2, "", "b"},
      {{"a, b", ""}, 2, "b", ""},
      // A quote hides no comma.
      {{"\"a", "b, c"}, 2, "b", "c"},
      {{"\"a, b\", c"}, 2, "b\"", "c"},
  };
  for (const Case& c : cases) {
    const ForwardedTail tail = TailOf(c.lines);
    const std::string trace = testing::PrintToString(c.lines);
    EXPECT_EQ(tail.count(), c.count) << trace;
    EXPECT_EQ(tail.before_last(), c.before_last) << trace;
    EXPECT_EQ(tail.last(), c.last) << trace;
  }
}

}  // namespace
}  // namespace viaduct::filter
