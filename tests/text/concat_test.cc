#include "text/concat.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace viaduct::text {
namespace {

TEST(ConcatTest, PutsTextsAndIntegersBehindEachOther) {
  const std::string string = "b";
  EXPECT_EQ(Concat("a", string, std::string_view("c\0d", 3), 7, -1), std::string("abc\0d7-1", 8));
  EXPECT_EQ(Concat(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(Concat(), "");
}

}  // namespace
}  // namespace viaduct::text
