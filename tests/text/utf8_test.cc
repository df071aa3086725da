#include "text/utf8.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
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

// Encodes by the definition, without checking whether the code point is allowed.
std::string Encode(char32_t code) {
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
  for (char32_t code = 0; code < 0x200000; ++code) {
    const bool is_scalar_value = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
    const std::string text = Encode(code);
    ASSERT_EQ(IsUtf8(text), is_scalar_value) << std::hex << static_cast<std::uint32_t>(code);
    const Utf8Step step = ReadUtf8(text);
    ASSERT_EQ(step.valid, is_scalar_value) << std::hex << static_cast<std::uint32_t>(code);
    if (!is_scalar_value) continue;
    ASSERT_EQ(step.length, text.size());
    ASSERT_EQ(step.code_point, code);
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

// Returns "e2 82" as bytes.
std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 3) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

struct Refused {
  const char* hex;
  std::size_t at;  // the byte that must be refused
};

const Refused kRefused[] = {
    {"80", 0},                 // a tail without a head
    {"bf", 0},                 //
    {"c0 80", 0},              // overlong NUL
    {"c1 bf", 0},              // overlong U+007F
    {"c2 41", 1},              // a head without its tail
    {"c2 c2", 1},              //
    {"df 7f", 1},              //
    {"df c0", 1},              //
    {"e0 80 80", 1},           // overlong
    {"e0 9f bf", 1},           // overlong U+07FF
    {"e1 80 41", 2},           //
    {"e1 80 c0", 2},           //
    {"ed a0 80", 1},           // U+D800
    {"ed af bf", 1},           // U+DBFF
    {"ed b0 80", 1},           // U+DC00
    {"ed bf bf", 1},           // U+DFFF
    {"ed a0 80 ed b0 80", 1},  // a surrogate pair
    {"f0 80 80 80", 1},        // overlong
    {"f0 8f bf bf", 1},        // overlong U+FFFF
    {"f1 80 80 41", 3},        //
    {"f4 90 80 80", 1},        // U+110000
    {"f5 80 80 80", 0},        // over U+13FFFF
    {"f8 88 80 80 80", 0},     // five bytes
    {"fc 84 80 80 80 80", 0},  // six bytes
    {"fe", 0},                 //
    {"ff", 0},                 //
};

TEST(Utf8Test, TheFirstImpossibleByteIsRefused) {
  for (const Refused& refused : kRefused) {
    SCOPED_TRACE(refused.hex);
    const std::string bytes = FromHex(refused.hex);
    Utf8Validator validator;
    EXPECT_TRUE(validator.Consume(std::string_view(bytes).substr(0, refused.at)));
    EXPECT_FALSE(validator.Consume(std::string_view(bytes).substr(refused.at, 1)));
    EXPECT_FALSE(IsUtf8(bytes));
  }
}

const char* const kAccepted[] = {
    "",
    "00",
    "7f",
    "c2 80",
    "df bf",
    "e0 a0 80",
    "ed 9f bf",
    "ee 80 80",
    "ef bb bf",
    "ef bf bd",
    "ef bf bf",
    "f0 90 80 80",
    "f4 8f bf bf",
    // From RFC 3629 section 7.
    "41 e2 89 a2 ce 91 2e",
    "ed 95 9c ea b5 ad ec 96 b4",
    "e6 97 a5 e6 9c ac e8 aa 9e",
    "ef bb bf f0 a3 8e b4",
};

TEST(Utf8Test, ValidTextIsAcceptedCutAnywhere) {
  for (const char* const hex : kAccepted) {
    SCOPED_TRACE(hex);
    const std::string bytes = FromHex(hex);
    EXPECT_TRUE(IsUtf8(bytes));
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      Utf8Validator validator;
      EXPECT_TRUE(validator.Consume(std::string_view(bytes).substr(0, cut)));
      EXPECT_TRUE(validator.Consume(std::string_view(bytes).substr(cut)));
      EXPECT_TRUE(validator.complete());
    }
  }
}

TEST(Utf8Test, TextIsNotCompleteInsideACharacter) {
  for (const char32_t point : {0x80u, 0x7ffu, 0x800u, 0xffffu, 0x10000u, 0x10ffffu}) {
    const std::string bytes = Encode(point);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      Utf8Validator validator;
      EXPECT_TRUE(validator.Consume(std::string_view(bytes).substr(0, size)));
      EXPECT_FALSE(validator.complete());
      EXPECT_FALSE(IsUtf8(std::string_view(bytes).substr(0, size)));
    }
  }
}

TEST(Utf8Test, ARefusalLastsUntilReset) {
  Utf8Validator validator;
  EXPECT_FALSE(validator.Consume("\xff"));
  EXPECT_FALSE(validator.Consume("a"));
  EXPECT_FALSE(validator.Consume(""));
  EXPECT_FALSE(validator.complete());
  validator.Reset();
  EXPECT_TRUE(validator.Consume("a"));
  EXPECT_TRUE(validator.complete());
}

TEST(Utf8Test, OneWrongByteIsFoundAnywhereInLongAsciiCutAnywhere) {
  constexpr std::size_t kSize = 70;
  for (std::size_t wrong = 0; wrong < kSize; ++wrong) {
    std::string text(kSize, 'a');
    EXPECT_TRUE(IsUtf8(text));
    text[wrong] = '\x80';
    EXPECT_FALSE(IsUtf8(text)) << wrong;
    for (std::size_t cut = 0; cut <= kSize; ++cut) {
      Utf8Validator validator;
      EXPECT_EQ(validator.Consume(std::string_view(text).substr(0, cut)), cut <= wrong);
      EXPECT_FALSE(validator.Consume(std::string_view(text).substr(cut)));
    }
  }
}

TEST(Utf8Test, LongAsciiDoesNotFinishACharacter) {
  for (const char* const head : {"c3", "e2", "e2 82", "f0", "f0 9f 98"}) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.Consume(FromHex(head)));
    EXPECT_FALSE(validator.Consume(std::string(96, 'a'))) << head;
  }
}

TEST(Utf8Test, OneCharacterIsAcceptedAnywhereInLongAscii) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (const char32_t point : {0x80u, 0x800u, 0x10000u}) {
      const std::string text = std::string(before, 'a') + Encode(point) + std::string(40, 'a');
      EXPECT_TRUE(IsUtf8(text)) << before;
      EXPECT_FALSE(IsUtf8(std::string_view(text).substr(0, before + 1))) << before;
    }
  }
}

// Decides by arithmetic what the automaton decides by table: returns true if `bytes` is one character or more.
bool IsUtf8ByArithmetic(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto head = static_cast<std::uint8_t>(bytes[0]);
    std::size_t size = 1;
    if (head >= 0xf0) {
      size = 4;
    } else if (head >= 0xe0) {
      size = 3;
    } else if (head >= 0x80) {
      size = 2;
    }
    if (bytes.size() < size) return false;
    char32_t point = size == 1 ? head : head & (0x7f >> size);
    for (std::size_t i = 1; i < size; ++i) point = point << 6 | (static_cast<std::uint8_t>(bytes[i]) & 0x3f);
    // A sequence that does not encode to the same bytes is not UTF-8.
    const bool scalar = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    if (!scalar || Encode(point) != bytes.substr(0, size)) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

TEST(Utf8Test, AgreesWithArithmeticOnAllCombinationsOfEdges) {
  constexpr std::array<std::uint8_t, 26> kEdges = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                                   0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
                                                   0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
  std::string bytes(4, '\0');
  for (const std::uint8_t first : kEdges) {
    for (const std::uint8_t second : kEdges) {
      for (const std::uint8_t third : kEdges) {
        for (const std::uint8_t fourth : kEdges) {
          bytes = {static_cast<char>(first), static_cast<char>(second), static_cast<char>(third),
                   static_cast<char>(fourth)};
          ASSERT_EQ(IsUtf8(bytes), IsUtf8ByArithmetic(bytes))
              << std::hex << int{first} << " " << int{second} << " " << int{third} << " " << int{fourth};
        }
      }
    }
  }
}

TEST(Utf8Test, TruncationEndsBetweenCharacters) {
  const std::string text = "a" + Encode(0xe9) + Encode(0x20ac) + Encode(0x1f600);  // 1 + 2 + 3 + 4 bytes
  const std::size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t max_bytes = 0; max_bytes < 12; ++max_bytes) {
    EXPECT_EQ(TruncateUtf8(text, max_bytes), std::string_view(text).substr(0, kept[max_bytes])) << max_bytes;
  }
  EXPECT_EQ(TruncateUtf8("", 0), "");
}

TEST(Utf8Test, IsWhatRfc3629Allows) {
  for (const std::string_view good : {"", "plain", "é", "€", "😀", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const std::string_view bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
                                     "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "ok\xFE"}) {
    EXPECT_FALSE(IsUtf8(bad)) << testing::PrintToString(bad);
  }
}

}  // namespace
}  // namespace viaduct::text
