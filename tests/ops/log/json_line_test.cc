#include "ops/log/json_line.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "text/text_buffer.h"

namespace viaduct::ops {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string JsonString(std::string_view text) {
  std::string json;
  AppendJsonString(&json, text);
  return json;
}

// Each expectation is what Node.js 20 prints for JSON.stringify(Buffer.from(bytes).toString("utf8")).
TEST(JsonLineTest, StringsAreThoseOfJsonStringify) {
  struct Case {
    std::string_view name;
    std::string text;
    std::string json;
  };
  const Case cases[] = {
      {"empty", ""s, "\"\""s},
      {"plain", "hello"s, "\"hello\""s},
      {"quote and backslash", "say \"hi\" \\ bye"s, "\"say \\\"hi\\\" \\\\ bye\""s},
      {"short escapes", "\x08\x0c\x0a\x0d\x09"s, "\"\\b\\f\\n\\r\\t\""s},
      {"other controls", "\x00\x01\x07\x0b\x0e\x1b\x1f"s, "\"\\u0000\\u0001\\u0007\\u000b\\u000e\\u001b\\u001f\""s},
      {"DEL stays", "\x7f"s, "\"\x7f\""s},
      {"slash stays", "</script>"s, "\"</script>\""s},
      {"C1 control stays", "\xc2\x80\xc2\x9f"s, "\"\xc2\x80\xc2\x9f\""s},
      {"line separators stay",
       "a\xe2\x80\xa8"
       "b\xe2\x80\xa9"
       "c"s,
       "\"a\xe2\x80\xa8"
       "b\xe2\x80\xa9"
       "c\""s},
      {"Japanese", "\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf"s,
       "\"\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf\""s},
      {"emoji", "\xf0\x9f\x98\x80"s, "\"\xf0\x9f\x98\x80\""s},
      {"BOM", "\xef\xbb\xbfx"s, "\"\xef\xbb\xbfx\""s},
      {"highest", "\xf4\x8f\xbf\xbf"s, "\"\xf4\x8f\xbf\xbf\""s},
      {"noncharacter", "\xef\xbf\xbf"s, "\"\xef\xbf\xbf\""s},
      {"first of each length", "\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80"s, "\"\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\""s},
      {"escape behind 8 plain", "12345678\""s, "\"12345678\\\"\""s},
      {"escape in second word",
       "1234567890\x0a"
       "12345"s,
       "\"1234567890\\n12345\""s},
      {"lone continuation", "\x80"s, "\"\xef\xbf\xbd\""s},
      {"lone lead", "\xc3"s, "\"\xef\xbf\xbd\""s},
      {"lead then ascii",
       "\xc3"
       "A"s,
       "\"\xef\xbf\xbd"
       "A\""s},
      {"overlong slash", "\xc0\xaf"s, "\"\xef\xbf\xbd\xef\xbf\xbd\""s},
      {"overlong 3", "\xe0\x80\xaf"s, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""s},
      {"surrogate", "\xed\xa0\x80"s, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""s},
      {"above 10ffff", "\xf4\x90\x80\x80"s, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""s},
      {"truncated 3", "\xe3\x81"s, "\"\xef\xbf\xbd\""s},
      {"truncated 4 then text",
       "\xf0\x9f\x98"
       "A"s,
       "\"\xef\xbf\xbd"
       "A\""s},
      {"f8", "\xf8\x88\x80\x80\x80"s, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""s},
      {"ff fe", "\xff\xfe"s, "\"\xef\xbf\xbd\xef\xbf\xbd\""s},
      {"invalid in run",
       "a\xff"
       "b\xe3\x81\x82\xfe"s,
       "\"a\xef\xbf\xbd"
       "b\xe3\x81\x82\xef\xbf\xbd\""s},
  };
  for (const Case& c : cases) EXPECT_EQ(JsonString(c.text), c.json) << c.name;
}

TEST(JsonLineTest, InALogATerminalCannotBeFooled) {
  const auto log_string = [](std::string_view text) {
    text::TextBuffer line;
    JsonLine(&line).String("k", text).End();
    return std::string(line.view());
  };
  const auto escaped = [](std::string_view value) { return "{\"k\":\"" + std::string(value) + "\"}\n"; };
  EXPECT_EQ(log_string("\xc2\x9b"
                       "2J"),
            escaped("\\u009b2J"));
  EXPECT_EQ(log_string("\xc2\x80\xc2\x85\xc2\x9f"), escaped("\\u0080\\u0085\\u009f"));
  EXPECT_EQ(log_string("user\xe2\x80\xae"
                       "gpj.exe"),
            escaped("user\\u202egpj.exe"));
  EXPECT_EQ(log_string("\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c"), escaped("\\u2066\\u2069\\u200f\\u061c"));
  EXPECT_EQ(log_string("\xe2\x80\xa8\xef\xbb\xbf\xf3\xa0\x81\x81"), escaped("\\u2028\\ufeff\\udb40\\udc41"));
  EXPECT_EQ(log_string("\xe2\x80\xae\"\n\xff"), escaped("\\u202e\\\"\\n\xef\xbf\xbd"));
  EXPECT_EQ(log_string("\xe3\x81\x93 \xf0\x9f\x98\x80"), escaped("\xe3\x81\x93 \xf0\x9f\x98\x80"));
}

TEST(JsonLineTest, EscapesAtEveryOffsetOfAWord) {
  for (std::size_t offset = 0; offset < 20; ++offset) {
    for (const auto& [byte, escaped] :
         {std::pair{'"', "\\\""}, {'\\', "\\\\"}, {'\x1f', "\\u001f"}, {'\0', "\\u0000"}}) {
      std::string text(20, 'x');
      text[offset] = byte;
      const std::string expected = "\"" + std::string(offset, 'x') + escaped + std::string(19 - offset, 'x') + "\"";
      EXPECT_EQ(JsonString(text), expected);
    }
  }
}

TEST(JsonLineTest, AppendsBehindWhatIsThere) {
  std::string text = "x";
  AppendJsonString(&text, "y");
  EXPECT_EQ(text, "x\"y\"");
}

TEST(JsonLineTest, MembersStandInTheOrderGiven) {
  text::TextBuffer text;
  text.Append("before\n");
  JsonLine line(&text);
  line.String("s", "a\"b").Int("i", -3).Uint("u", std::numeric_limits<std::uint64_t>::max()).Bool("t", true);
  line.Bool("f", false).Null("n").Rendered("\"r\":[1,2]");
  line.End();
  EXPECT_EQ(text.view(),
            "before\n{\"s\":\"a\\\"b\",\"i\":-3,\"u\":18446744073709551615,\"t\":true,\"f\":false,\"n\":null,"
            "\"r\":[1,2]}\n");
}

// Tests every length that is copied in its own way, with each byte at each place.
TEST(JsonLineTest, AMemberIsEscapedAsAStringAlone) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string value(size, 'x');
        value[place] = static_cast<char>(byte);
        text::TextBuffer text;
        JsonLine(&text).String("s", value).End();
        ASSERT_EQ(text.view(), "{\"s\":" + JsonString(value) + "}\n") << size << " " << place << " " << byte;
      }
    }
  }
}

TEST(JsonLineTest, ALongKeyFits) {
  text::TextBuffer out;
  JsonLine(&out).Int("abcdefghijklmnopqrstuvwxyz78", 1).Int("abcdefghijklmnopqrstuvwxyz78", 2).End();
  EXPECT_EQ(out.view(), "{\"abcdefghijklmnopqrstuvwxyz78\":1,\"abcdefghijklmnopqrstuvwxyz78\":2}\n");
}

TEST(JsonLineTest, AnObjectMayBeEmpty) {
  text::TextBuffer text;
  JsonLine line(&text);
  line.End();
  EXPECT_EQ(text.view(), "{}\n");
}

TEST(JsonLineTest, ObjectsNest) {
  text::TextBuffer text;
  JsonLine line(&text);
  line.BeginObject("headers").String("host", "x").BeginObject("empty").EndObject().String("last", "y").EndObject();
  line.Int("n", 1).End("done");
  EXPECT_EQ(text.view(), "{\"headers\":{\"host\":\"x\",\"empty\":{},\"last\":\"y\"},\"n\":1,\"msg\":\"done\"}\n");
}

TEST(JsonLineTest, MillisHaveThreeDecimals) {
  const std::pair<std::chrono::nanoseconds, const char*> cases[] = {
      {0ns, "0.000"},         {999ns, "0.000"},
      {1us, "0.001"},         {-1us, "-0.001"},
      {12345678ns, "12.345"}, {25s, "25000.000"},
      {-90500us, "-90.500"},  {std::chrono::nanoseconds::min(), "-9223372036854.775"},
  };
  for (const auto& [duration, expected] : cases) {
    text::TextBuffer text;
    JsonLine(&text).Millis("ms", duration).End();
    EXPECT_EQ(text.view(), "{\"ms\":" + std::string(expected) + "}\n");
  }
}

TEST(JsonLineTest, DoublesAreTheShortestThatReadBack) {
  const std::pair<double, const char*> cases[] = {
      {0, "0"},
      {0.1, "0.1"},
      {-2.5, "-2.5"},
      {1234567, "1234567"},
      {1e300, "1e+300"},
      {1.0 / 3, "0.3333333333333333"},
      {std::numeric_limits<double>::infinity(), "null"},
      {std::numeric_limits<double>::quiet_NaN(), "null"},
  };
  for (const auto& [value, expected] : cases) {
    text::TextBuffer text;
    JsonLine(&text).Double("d", value).End();
    EXPECT_EQ(text.view(), "{\"d\":" + std::string(expected) + "}\n");
  }
}

}  // namespace
}  // namespace viaduct::ops
