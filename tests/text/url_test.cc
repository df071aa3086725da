#include "text/url.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace viaduct::text {
namespace {

TEST(UrlTest, IsSplitIntoItsParts) {
  struct Case {
    const char* text;
    bool https;
    const char* host;
    bool host_is_address;
    int port;
    const char* authority;
    const char* target;
  };
  const Case cases[] = {
      {"http://127.0.0.1/healthz", false, "127.0.0.1", true, 80, "127.0.0.1", "/healthz"},
      {"http://127.0.0.1:9081", false, "127.0.0.1", true, 9081, "127.0.0.1:9081", ""},
      {"http://[::1]:65535/", false, "::1", true, 65535, "[::1]:65535", "/"},
      {"http://[::1]/", false, "::1", true, 80, "[::1]", "/"},
      {"https://ip-ranges.amazonaws.com/ip-ranges.json", true, "ip-ranges.amazonaws.com", false, 443,
       "ip-ranges.amazonaws.com", "/ip-ranges.json"},
      {"https://Localhost:8443/a?b=/:@c", true, "Localhost", false, 8443, "Localhost:8443", "/a?b=/:@c"},
      {"https://a", true, "a", false, 443, "a", ""},
      {"http://1.2.3/", false, "1.2.3", false, 80, "1.2.3", "/"},
  };
  for (const Case& c : cases) {
    const std::optional<Url> url = ParseUrl(c.text);
    ASSERT_TRUE(url.has_value()) << c.text;
    EXPECT_EQ(url->https, c.https) << c.text;
    EXPECT_EQ(url->host, c.host) << c.text;
    EXPECT_EQ(url->host_is_address, c.host_is_address) << c.text;
    EXPECT_EQ(url->port, c.port) << c.text;
    EXPECT_EQ(url->authority, c.authority) << c.text;
    EXPECT_EQ(url->target, c.target) << c.text;
  }
}

TEST(UrlTest, WhatCouldBeReadAnotherWayIsRefused) {
  for (const char* text : {"",
                           "127.0.0.1",
                           "ftp://a/",
                           "HTTP://a/",
                           "http:/a/",
                           "http://",
                           "https:///x",
                           "http://127.0.0.1:/",
                           "http://127.0.0.1:0/",
                           "http://127.0.0.1:65536/",
                           "http://127.0.0.1:x/",
                           "http://127.0.0.1:+1/",
                           "http://127.0.0.1:1x/",
                           "http://::1/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://[]/",
                           "http://[127.0.0.1]/",
                           "https://[a]/",
                           "https://a_b/",
                           "https://user@a/",
                           "https://a?x",
                           "https://a/#x",
                           "http://127.0.0.1/a b",
                           "http://127.0.0.1/\r\nX: y",
                           "http://127.0.0.1/\t",
                           "http://127.0.0.1/\x7f",
                           "http://127.0.0.1/\xc3\xa9"}) {
    EXPECT_FALSE(ParseUrl(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace viaduct::text
