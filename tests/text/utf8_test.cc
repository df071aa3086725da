#include "text/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::text {
namespace {

using namespace std::string_view_literals;

TEST(Utf8Test, ReadsOneSequence) {
  struct Case {
    std::string_view text;
    std::size_t length;
    bool valid;
  };
  const Case cases[] = {
      {"a", 1, true},
      {"\x7f", 1, true},
      {"\0"sv, 1, true},
      {"\xc2\x80", 2, true},
      {"\xe0\xa0\x80", 3, true},
      {"\xe3\x81\x82x", 3, true},
      {"\xed\x9f\xbf", 3, true},
      {"\xef\xbf\xbf", 3, true},
      {"\xf0\x90\x80\x80", 4, true},
      {"\xf4\x8f\xbf\xbf", 4, true},
      {"\x80", 1, false},
      {"\xbf", 1, false},
      {"\xc0\xaf", 1, false},
      {"\xc1\xbf", 1, false},
      {"\xc3", 1, false},
      {"\xc3\x41", 1, false},
      {"\xe0\x9f\xbf", 1, false},
      {"\xed\xa0\x80", 1, false},
      {"\xe3\x81", 2, false},
      {"\xe3\x81\x41", 2, false},
      {"\xf0\x8f\xbf\xbf", 1, false},
      {"\xf0\x9f\x98", 3, false},
      {"\xf0\x9f\x98\xf0", 3, false},
      {"\xf4\x90\x80\x80", 1, false},
      {"\xf5\x80\x80\x80", 1, false},
      {"\xff", 1, false},
  };
  for (const Case& c : cases) {
    const Utf8Step step = ReadUtf8(c.text);
    EXPECT_EQ(step.length, c.length) << testing::PrintToString(c.text);
    EXPECT_EQ(step.valid, c.valid) << testing::PrintToString(c.text);
  }
}

// Encodes as the definition says, without looking at what may be encoded.
std::string Encode(std::uint32_t code) {
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
  if (code < 0x10000) {
    return {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
            static_cast<char>(0x80 | (code & 0x3f))};
  }
  return {static_cast<char>(0xf0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3f)),
          static_cast<char>(0x80 | (code >> 6 & 0x3f)), static_cast<char>(0x80 | (code & 0x3f))};
}

TEST(Utf8Test, ExactlyTheScalarValuesAreValid) {
  for (std::uint32_t code = 0; code < 0x120000; ++code) {
    const bool is_scalar_value = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
    const std::string text = Encode(code);
    ASSERT_EQ(ReadUtf8(text).valid, is_scalar_value) << code;
    ASSERT_TRUE(!is_scalar_value || ReadUtf8(text).length == text.size()) << code;
  }
}

TEST(Utf8Test, TellsHowMuchOfATextIsValid) {
  EXPECT_EQ(ValidUtf8Length(""), 0u);
  EXPECT_EQ(ValidUtf8Length("a\xe3\x81\x82z"), 5u);
  EXPECT_EQ(ValidUtf8Length("a\xe3\x81\x82\xe3\x81"), 4u);
  EXPECT_EQ(ValidUtf8Length("\xff"), 0u);
}

TEST(Utf8Test, ReplacesWhatIsNotValid) {
  EXPECT_EQ(ReplaceInvalidUtf8(""), "");
  EXPECT_EQ(ReplaceInvalidUtf8("a\xe3\x81\x82z"), "a\u3042z");
  EXPECT_EQ(ReplaceInvalidUtf8("\xff"
                               "a\xe3\x81\xe3\x81"),
            "\ufffd"
            "a\ufffd\ufffd");
}

}  // namespace
}  // namespace viaduct::text
