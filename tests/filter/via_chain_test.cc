#include "filter/via_chain.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::filter {
namespace {

ViaChain ChainOf(const std::vector<std::string_view>& lines) {
  ViaChain chain;
  for (const std::string_view line : lines) chain.AddLine(line);
  return chain;
}

TEST(ViaChainTest, FindsTheLastMember) {
  struct Case {
    std::vector<std::string_view> lines;
    std::string_view last;
  };
  const Case cases[] = {
      {{}, ""},
      {{""}, ""},
      {{" , ,"}, ""},
      {{"1.1 a"}, "1.1 a"},
      {{"1.0 fred, 1.1 p.example.net"}, "1.1 p.example.net"},
      {{"1.0 fred", "1.1 p.example.net (Apache/1.1)"}, "1.1 p.example.net (Apache/1.1)"},
      // Empty members do not count (RFC 9110 section 5.6.1.2).
      {{"1.1 a, ,"}, "1.1 a"},
      {{"1.1 a", ""}, "1.1 a"},
      {{"\t1.1 a\t,  1.1 b \t"}, "1.1 b"},
      // Commas in comments separate nothing, also nested and behind quoted pairs.
      {{"1.1 a (x, y)"}, "1.1 a (x, y)"},
      {{"1.1 a (x (y, z), w)"}, "1.1 a (x (y, z), w)"},
      {{R"(1.1 a (x \), y))"}, R"(1.1 a (x \), y))"},
      {{R"(1.1 a (x \\), 1.1 b)"}, "1.1 b"},
      {{R"(1.1 a (\()), 1.1 b)"}, "malformed"},
      {{R"(1.1 a (\(), 1.1 b)"}, "1.1 b"},
      {{"1.1 a (\"), 1.1 b"}, "1.1 b"},
      {{"1.1 a (caf\xc3\xa9), 1.1 b"}, "1.1 b"},
      // Values that other proxies write, even if the grammar does not allow them.
      {{"http/1.1 proxy.example.com[AC1F0A2B] (ApacheTrafficServer/8.0.8 [uScMsSf pSeN:t cCMp sSf]), 1.1 b"}, "1.1 b"},
      {{"1.1 [2001:db8::1]:3128 (squid/5.7), 1.1 b"}, "1.1 b"},
      // An open comment, also if another line would close it.
      {{"1.1 a (x"}, "malformed"},
      {{"1.1 a (x, 1.1 b.cloudfront.net (CloudFront)"}, "malformed"},
      // A comment may go on in the next line, as it would if the lines were joined.
      {{"1.1 a (x", "y), 1.1 b"}, "1.1 b"},
      {{"1.1 a (x", "", "y (z", ")) c"}, ")) c"},
      {{"1.1 a (x\\", "), 1.1 b"}, "1.1 b"},
      {{"1.1 a (x", "\x01), 1.1 b"}, "malformed"},
      {{"1.1 a (x\\"}, "malformed"},
      {{"1.1 a (x (y)"}, "malformed"},
      // Closed twice, quotes and backslashes outside of comments, control and other characters.
      {{"1.1 a) (x"}, "malformed"},
      {{"1.1 a (x))"}, "malformed"},
      {{"1.1 \"a, 1.1 b\""}, "malformed"},
      {{"1.1 a\\, 1.1 b"}, "malformed"},
      {{"1.1 a\n, 1.1 b"}, "malformed"},
      {{"1.1 a (\x01), 1.1 b"}, "malformed"},
      {{"1.1 a (\x7f), 1.1 b"}, "malformed"},
      {{"1.1 a (\\\x01), 1.1 b"}, "malformed"},
      {{"1.1 caf\xc3\xa9, 1.1 b"}, "malformed"},
      {{std::string_view("1.1 a\0, 1.1 b", 13)}, "malformed"},
      // A later line does not repair an earlier one.
      {{"1.1 (", "1.1 b"}, "malformed"},
  };
  for (const Case& c : cases) {
    const ViaChain chain = ChainOf(c.lines);
    const std::string trace = testing::PrintToString(c.lines);
    EXPECT_EQ(chain.malformed(), c.last == "malformed") << trace;
    if (!chain.malformed()) EXPECT_EQ(chain.last(), c.last) << trace;
  }
}

TEST(IsCloudFrontViaTest, AcceptsEachVersionAndAnyId) {
  for (const std::string_view version : {"1.0", "1.1", "2", "2.0", "3", "3.0"}) {
    const std::string member = std::string(version) + " ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)";
    EXPECT_TRUE(IsCloudFrontVia(member)) << member;
  }
  EXPECT_TRUE(IsCloudFrontVia("1.1 A0.cloudfront.net (CloudFront)"));
}

TEST(IsCloudFrontViaTest, RefusesEverythingElse) {
  const std::string_view members[] = {
      "",
      "1.1",
      "1.1 ",
      "1.1 .cloudfront.net (CloudFront)",
      "1.2 a.cloudfront.net (CloudFront)",
      "0.9 a.cloudfront.net (CloudFront)",
      "HTTP/1.1 a.cloudfront.net (CloudFront)",
      " a.cloudfront.net (CloudFront)",
      "a.cloudfront.net (CloudFront)",
      "1.1  a.cloudfront.net (CloudFront)",
      "1.1\ta.cloudfront.net (CloudFront)",
      "1.1 a.cloudfront.net  (CloudFront)",
      "1.1 a.cloudfront.net(CloudFront)",
      "1.1 a.cloudfront.net",
      "1.1 a.cloudfront.net (cloudfront)",
      "1.1 a.CloudFront.net (CloudFront)",
      "1.1 a.cloudfront.net (CloudFront) ",
      "1.1 a.cloudfront.net (CloudFront) (x)",
      "1.1 a.cloudfront.net (x) (CloudFront)",
      "1.1 a.cloudfront.net:80 (CloudFront)",
      "1.1 a.b.cloudfront.net (CloudFront)",
      "1.1 a-b.cloudfront.net (CloudFront)",
      "1.1 evil.example/a.cloudfront.net (CloudFront)",
      "1.1 a.cloudfront.net.evil.example (CloudFront)",
      "1.1 x (1.1 a.cloudfront.net (CloudFront)",
      "1.1 a.cloudfront.net (CloudFront), 1.1 b",
  };
  for (const std::string_view member : members) EXPECT_FALSE(IsCloudFrontVia(member)) << member;
}

}  // namespace
}  // namespace viaduct::filter
