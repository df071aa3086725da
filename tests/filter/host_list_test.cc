#include "filter/host_list.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::filter {
namespace {

HostList ListOf(const std::vector<std::string>& entries) {
  const absl::StatusOr<HostList> list = HostList::Create(entries);
  EXPECT_TRUE(list.ok()) << list.status();
  return list.ok() ? *list : HostList();
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
  const std::string_view texts[] = {"",        ".",        ":80",          ".:80",      "..",
                                    "a..b",    ".a",       "a..",          "a b",       " a",
                                    "a,b",     "a, b",     "user@a",       "a/b",       "a\\b",
                                    "a?b",     "a#b",      "a%2eb",        "*.a",       "a:b",
                                    "a:80:80", "a:123456", "a:-1",         "a:+1",      "a: 80",
                                    "::1",     "[::1",     "[::1]x",       "[::1].",    "[1.2.3.4]",
                                    "[a]",     "[]",       "[::1%25eth0]", "x[::1]:80", "caf\xc3\xa9.example",
                                    "a]",      "a]:80",    "a:]",          "a:80]",     "[",
                                    "[:80",    "]",        "[::1]]:80"};
  for (const std::string_view text : texts) EXPECT_FALSE(HostWithoutPort(text).has_value()) << text;
  EXPECT_FALSE(HostWithoutPort(std::string(64, 'a')).has_value());
  EXPECT_TRUE(HostWithoutPort(std::string(63, 'a')).has_value());
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_TRUE(HostWithoutPort(longest.substr(0, 253)).has_value());
  EXPECT_FALSE(HostWithoutPort(longest + "a").has_value());
}

TEST(HostListTest, TheEmptyListAllowsEveryHost) {
  EXPECT_TRUE(HostList().Allows("anything.example"));
  EXPECT_TRUE(ListOf({}).Allows("anything.example"));
}

TEST(HostListTest, ComparesWholeNamesWithoutLetterCase) {
  const HostList list = ListOf({"Chat.Example.com", "other.example.", "[::1]", "127.0.0.1"});
  for (const std::string_view host : {"chat.example.com", "CHAT.EXAMPLE.COM", "other.example", "[::1]", "127.0.0.1"}) {
    EXPECT_TRUE(list.Allows(host)) << host;
  }
  for (const std::string_view host : {"", "example.com", "xchat.example.com", "a.chat.example.com", "chat.example.co",
                                      "chat.example.com.evil.example", "[::2]", "127.0.0.2"}) {
    EXPECT_FALSE(list.Allows(host)) << host;
  }
}

TEST(HostListTest, AWildcardStandsForExactlyOneLabel) {
  const HostList list = ListOf({"*.example.com"});
  EXPECT_TRUE(list.Allows("chat.example.com"));
  EXPECT_TRUE(list.Allows("CHAT.Example.com"));
  EXPECT_FALSE(list.Allows("example.com"));
  EXPECT_FALSE(list.Allows(".example.com"));
  EXPECT_FALSE(list.Allows("a.chat.example.com"));
  EXPECT_FALSE(list.Allows("chatexample.com"));
  EXPECT_FALSE(list.Allows("chat.example.com.evil.example"));
}

TEST(HostListTest, AnErrorNamesItsEntryAndTheRule) {
  struct Case {
    std::string entry;
    std::string_view message;
  };
  const Case cases[] = {
      {"*", R"([1]: "*": matches nothing; leave the list empty to allow any host)"},
      {"", R"([1]: "": is not a host name; names beyond ASCII must be in their xn-- form)"},
      {"a:80", R"([1]: "a:80": must not have a port)"},
      {"a:", R"([1]: "a:": must not have a port)"},
      {"a.:80", R"([1]: "a.:80": must not have a port)"},
      {"[::1]:80", R"([1]: "[::1]:80": must not have a port)"},
      {"*.", R"([1]: "*.": is not a host name; names beyond ASCII must be in their xn-- form)"},
      {"*.[::1]", R"([1]: "*.[::1]": is not a host name after "*.")"},
      {"*.a:80", R"([1]: "*.a:80": must not have a port)"},
      {"a.*.b", R"([1]: "a.*.b": is not a host name; names beyond ASCII must be in their xn-- form)"},
      {"https://a", R"([1]: "https://a": is not a host name; names beyond ASCII must be in their xn-- form)"},
      {"b\xc3\xbc"
       "cher.example",
       "[1]: \"b\xc3\xbc"
       "cher.example\": is not a host name; names beyond ASCII must be in their xn-- form"},
  };
  for (const Case& c : cases) {
    const std::vector<std::string> entries = {"good.example", c.entry};
    const absl::StatusOr<HostList> list = HostList::Create(entries);
    const absl::string_view message = list.status().message();
    EXPECT_EQ(std::string_view(message.data(), message.size()), c.message);
  }
}

}  // namespace
}  // namespace viaduct::filter
