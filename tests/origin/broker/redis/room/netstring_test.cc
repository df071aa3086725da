#include "origin/broker/redis/room/netstring.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::origin {
namespace {

TEST(NetstringTest, ReadsWhatItWrites) {
  const std::vector<std::string> kTexts = {"", "a", std::string("\0:\xff", 3), std::string(1000, ':')};
  std::string packed;
  for (const std::string& text : kTexts) AppendNetstring(text, &packed);
  const auto texts = ParseNetstrings(packed);
  ASSERT_TRUE(texts.has_value());
  EXPECT_EQ(std::vector<std::string>(texts->begin(), texts->end()), kTexts);
  EXPECT_TRUE(ParseNetstrings("")->empty());
}

TEST(NetstringTest, RefusesAnythingElse) {
  for (const std::string_view text : {"a", "1", "1:", "2:a", "-1:a", ":a", "1:ab", "99999999999999999999:a", " 1:a"}) {
    EXPECT_FALSE(ParseNetstrings(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace viaduct::origin
