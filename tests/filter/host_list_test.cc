#include "filter/host_list.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "text/result.h"

namespace viaduct::filter {
namespace {

HostList ListOf(const std::vector<std::string>& entries) {
  const text::Result<HostList> list = HostList::Create(entries);
  EXPECT_TRUE(list.ok()) << list.error().message;
  return list.ok() ? *list : HostList();
}

TEST(HostListTest, TheEmptyListAllowsEveryHost) {
  EXPECT_TRUE(HostList().Allows("anything.example"));
  EXPECT_TRUE(ListOf({}).Allows("anything.example"));
  EXPECT_TRUE(ListOf({}).Allows("")) << "a request may name no host";
  EXPECT_FALSE(ListOf({}).Allows("a b"));
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

TEST(HostListTest, ThePortDoesNotCountEvenIfItIsEmpty) {
  const HostList list = ListOf({"chat.example.com", "*.example.net", "[::1]"});
  for (const std::string_view host : {"chat.example.com:", "Chat.Example.com:443", "a.example.net:", "[::1]:"}) {
    EXPECT_TRUE(list.Allows(host)) << host;
  }
  for (const std::string_view host : {":", "other.example.com:", "chat.example.com::", "example.net:", "[::2]:"}) {
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
    const text::Result<HostList> list = HostList::Create(entries);
    EXPECT_EQ(list.error().message, c.message);
  }
}

}  // namespace
}  // namespace viaduct::filter
