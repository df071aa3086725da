#include "filter/origin_list.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/result.h"

namespace viaduct::filter {
namespace {

OriginList ListOf(const std::vector<std::string>& entries) {
  const text::Result<OriginList> list = OriginList::Create(entries);
  EXPECT_TRUE(list.ok()) << list.error().message;
  return list.ok() ? *list : OriginList();
}

TEST(OriginListTest, TheEmptyListAllowsEveryOrigin) {
  EXPECT_TRUE(OriginList().Allows("https://anything.example", ""));
  EXPECT_TRUE(ListOf({}).Allows("null", ""));
}

TEST(OriginListTest, AListedOriginIsComparedAsSchemeHostAndPort) {
  const OriginList list = ListOf(
      {"https://chat.example.com", "http://LocalHost:8080", "chrome-extension://abcdef", "https://old.example:443"});
  for (const std::string_view origin :
       {"https://chat.example.com", "https://chat.example.com:443", "HTTPS://Chat.Example.com",
        "https://chat.example.com.", "http://localhost:8080", "chrome-extension://abcdef", "https://old.example"}) {
    EXPECT_TRUE(list.Allows(origin, "")) << origin;
  }
  for (const std::string_view origin :
       {"", "null", "http://chat.example.com", "http://chat.example.com:443", "https://chat.example.com:80",
        "https://chat.example.com:8443", "https://chat.example.com:", "https://chat.example.com:65979",
        "https://chat.example.com/", "wss://chat.example.com", "https://chat.example.com ",
        "https://chat.example.com.evil.example", "https://evil.example", "https://a.chat.example.com",
        "https://chat.example.com https://evil.example", "https://chat.example.com@evil.example", "http://localhost",
        "chrome-extension://abcdef:443", "chat.example.com"}) {
    EXPECT_FALSE(list.Allows(origin, "chat.example.com")) << origin;
  }
}

TEST(OriginListTest, OriginsOfAppsAreAllowedByName) {
  const OriginList list = ListOf({"file://", "capacitor://localhost", "app://."});
  EXPECT_TRUE(list.Allows("file://", ""));
  EXPECT_TRUE(list.Allows("capacitor://localhost", ""));
  EXPECT_TRUE(list.Allows("app://.", ""));
  for (const std::string_view origin : {"null", "file:///", "file://localhost", "capacitor://", "http://localhost"}) {
    EXPECT_FALSE(list.Allows(origin, "localhost")) << origin;
  }
}

TEST(OriginListTest, NullIsAllowedOnlyWhenListed) {
  EXPECT_TRUE(ListOf({"null"}).Allows("null", ""));
  EXPECT_FALSE(ListOf({"same-host"}).Allows("null", "null"));
  EXPECT_FALSE(ListOf({"https://a.example"}).Allows("null", "a.example"));
  EXPECT_FALSE(ListOf({"null"}).Allows("https://a.example", "a.example"));
}

TEST(OriginListTest, SameHostComparesTheHostsAlone) {
  const OriginList list = ListOf({"same-host"});
  for (const std::string_view origin :
       {"https://chat.example.com", "http://chat.example.com", "https://chat.example.com:8443",
        "https://CHAT.example.com", "https://chat.example.com.", "https://chat.example.com:443"}) {
    EXPECT_TRUE(list.Allows(origin, "Chat.Example.com")) << origin;
  }
  for (const std::string_view origin :
       {"", "https://", "https://evil.example", "https://a.chat.example.com", "https://example.com", "chat.example.com",
        "ftp://chat.example.com", "wss://chat.example.com", "app://chat.example.com",
        "https://chat.example.com:", "https://user@chat.example.com", "https://chat.example.com/x",
        "https://evil.example https://chat.example.com"}) {
    EXPECT_FALSE(list.Allows(origin, "chat.example.com")) << origin;
  }
  EXPECT_FALSE(list.Allows("https://chat.example.com", ""));
}

TEST(OriginListTest, SameHostAndListedOriginsGoTogether) {
  const OriginList list = ListOf({"https://partner.example", "same-host"});
  EXPECT_TRUE(list.Allows("https://partner.example", "chat.example.com"));
  EXPECT_TRUE(list.Allows("https://chat.example.com", "chat.example.com"));
  EXPECT_FALSE(list.Allows("http://partner.example", "chat.example.com"));
}

TEST(OriginListTest, AnErrorNamesItsEntryAndTheRule) {
  struct Case {
    std::string entry;
    std::string_view rule;
  };
  constexpr std::string_view kWildcard = "wildcards are not supported; leave the list empty to allow any origin";
  const Case cases[] = {
      {"same_host", R"(is not "scheme://host", "scheme://host:port", "null" or "same-host")"},
      {"*", kWildcard},
      {"https://*.example.com", kWildcard},
      {"https://chat.example.com/", "must not have a path, not even \"/\""},
      {"https://a:70000", "its port is not a number up to 65535"},
  };
  for (const Case& c : cases) {
    const std::vector<std::string> entries = {"https://good.example", c.entry};
    const text::Result<OriginList> list = OriginList::Create(entries);
    const std::string expected = "[1]: \"" + c.entry + "\": " + std::string(c.rule);
    EXPECT_EQ(list.error().message, expected);
  }
}

}  // namespace
}  // namespace viaduct::filter
