#include "filter/host_name.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::filter {
namespace {

TEST(SplitAuthorityTest, SplitsAtTheColonBehindTheHost) {
  EXPECT_EQ(SplitAuthority("a:80").host, "a");
  EXPECT_EQ(SplitAuthority("a:80").port, "80");
  EXPECT_EQ(SplitAuthority("a:").port, "");
  EXPECT_EQ(SplitAuthority("a").port, std::nullopt);
  EXPECT_EQ(SplitAuthority("[::1]:80").host, "[::1]");
  EXPECT_EQ(SplitAuthority("[::1]").port, std::nullopt);
}

TEST(HostWithoutPortTest, CutsOffPortAndTrailingDot) {
  struct Case {
    std::string_view authority;
    std::string_view host;
  };
  const Case cases[] = {
      {"chat.example.com", "chat.example.com"},
      {"chat.example.com:80", "chat.example.com"},
      {"chat.example.com:", "chat.example.com"},
      {"chat.example.com:65535", "chat.example.com"},
      {"chat.example.com:00080", "chat.example.com"},
      {"chat.example.com.", "chat.example.com"},
      {"chat.example.com.:443", "chat.example.com"},
      {"Chat.Example.COM", "Chat.Example.COM"},
      {"localhost:8080", "localhost"},
      {"my_service", "my_service"},
      {"127.0.0.1:8080", "127.0.0.1"},
      {"[::1]:8080", "[::1]"},
      {"[2001:DB8::1]", "[2001:DB8::1]"},
  };
  for (const Case& c : cases) EXPECT_EQ(HostWithoutPort(c.authority), c.host) << c.authority;
}

TEST(HostWithoutPortTest, RefusesWhatIsNoHost) {
  const std::string_view texts[] = {"",
                                    ".",
                                    ":80",
                                    ".:80",
                                    "..",
                                    "a..b",
                                    ".a",
                                    "a..",
                                    "a b",
                                    " a",
                                    "a,b",
                                    "a, b",
                                    "user@a",
                                    "a/b",
                                    "a\\b",
                                    "a?b",
                                    "a#b",
                                    "a%2eb",
                                    "*.a",
                                    "a:b",
                                    "a:80:80",
                                    "a:123456",
                                    "a:65536",
                                    "a:99999",
                                    "a:-1",
                                    "a:+1",
                                    "a: 80",
                                    "::1",
                                    "[::1",
                                    "[::1]x",
                                    "[::1].",
                                    "[1.2.3.4]",
                                    "[a]",
                                    "[]",
                                    "[::1%25eth0]",
                                    "x[::1]:80",
                                    "caf\xc3\xa9.example",
                                    "a]",
                                    "a]:80",
                                    "a:]",
                                    "a:80]",
                                    "[",
                                    "[:80",
                                    "]",
                                    "[::1]]:80"};
  for (const std::string_view text : texts) EXPECT_FALSE(HostWithoutPort(text).has_value()) << text;
  EXPECT_FALSE(HostWithoutPort(std::string(64, 'a')).has_value());
  EXPECT_TRUE(HostWithoutPort(std::string(63, 'a')).has_value());
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_TRUE(HostWithoutPort(longest.substr(0, 253)).has_value());
  EXPECT_FALSE(HostWithoutPort(longest + "a").has_value());
}

TEST(SameHostTest, ComparesNamesWithoutCaseAndAddressesAsAddresses) {
  EXPECT_TRUE(SameHost("chat.example.com", "Chat.EXAMPLE.com"));
  EXPECT_TRUE(SameHost("[2001:db8::1]", "[2001:DB8:0:0::1]"));
  EXPECT_FALSE(SameHost("[2001:db8::1]", "[2001:db8::2]"));
  EXPECT_FALSE(SameHost("a.example", "b.example"));
  EXPECT_FALSE(SameHost("", "a"));
}

}  // namespace
}  // namespace viaduct::filter
