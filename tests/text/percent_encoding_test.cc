#include "text/percent_encoding.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace viaduct::text {
namespace {

TEST(PercentEncodingTest, ReadsHexadecimalDigits) {
  for (int c = 0; c < 256; ++c) {
    const std::string text = std::string("0123456789abcdef");
    const char digit = static_cast<char>(c);
    const std::size_t at = text.find(digit >= 'A' && digit <= 'F' ? static_cast<char>(digit + 32) : digit);
    EXPECT_EQ(HexDigit(digit), at == std::string::npos ? std::nullopt : std::optional<unsigned>(at)) << c;
  }
}

TEST(PercentEncodingTest, ReadsOneEscape) {
  EXPECT_EQ(Unescape("%2F/x"), '/');
  EXPECT_EQ(Unescape("%2f"), '/');
  EXPECT_EQ(Unescape("%ff"), 0xff);
  for (const char* none : {"", "%", "%2", "2F", "x%2F", "%2g", "%g2", "%%2F"}) {
    EXPECT_EQ(Unescape(none), std::nullopt) << none;
  }
}

TEST(PercentEncodingTest, DecodesTextOnce) {
  EXPECT_EQ(PercentDecoded(""), "");
  EXPECT_EQ(PercentDecoded("blue%20room"), "blue room");
  EXPECT_EQ(PercentDecoded("a+b"), "a+b");
  EXPECT_EQ(PercentDecoded("%252F"), "%2F");
  EXPECT_EQ(PercentDecoded("%zz%4%"), "%zz%4%");
  EXPECT_EQ(PercentDecoded("%%41"), "%A");
}

}  // namespace
}  // namespace viaduct::text
