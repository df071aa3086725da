#include "text/terminal_safe.h"

#include <gtest/gtest.h>

namespace viaduct::text {
namespace {

TEST(TerminalSafeTest, TextIsSafeAndWhatCommandsHidesOrReordersIsNot) {
  for (const char32_t c : U"aZ ~\u00a0\u00e4\u3042\u200a\u2027\u202f\u205f\ufffd\U0001f600") {
    if (c != 0) EXPECT_TRUE(IsTerminalSafe(c)) << std::hex << static_cast<unsigned>(c);
  }
  for (const char32_t c : {0x00, 0x0a, 0x1b, 0x7f, 0x80, 0x9b, 0x9f, 0xad, 0x61c, 0x200b, 0x200f, 0x2028, 0x202e,
                           0x2066, 0x2069, 0xfeff, 0xe0001, 0xe007f}) {
    EXPECT_FALSE(IsTerminalSafe(c)) << std::hex << static_cast<unsigned>(c);
  }
}

}  // namespace
}  // namespace viaduct::text
