#include "text/escape.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"

namespace viaduct::text {
namespace {

// Each two bytes behind each other: what follows an escape matters.
TEST(EscapeTest, BytesAreEscapedAsAbseilDoes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string pair{static_cast<char>(first), static_cast<char>(second)};
      ASSERT_EQ(EscapeText(pair), absl::Utf8SafeCEscape(pair)) << first << " " << second;
      ASSERT_EQ(EscapeBytes(pair), absl::CHexEscape(pair)) << first << " " << second;
    }
  }
}

TEST(EscapeTest, TextsInTheirUsualForm) {
  EXPECT_EQ(EscapeText("a\n\"b\"\x01 \xc3\xa9"), R"(a\n\"b\"\001 )"
                                                 "\xc3\xa9");
  EXPECT_EQ(EscapeBytes("a\x01"
                        "b\xc3g"),
            R"(a\x01\x62\xc3g)");
}

}  // namespace
}  // namespace viaduct::text
