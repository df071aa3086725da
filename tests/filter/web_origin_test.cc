#include "filter/web_origin.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::filter {
namespace {

// "scheme host port", or the rule that the text breaks.
std::string Read(std::string_view text) {
  std::string_view rule;
  const std::optional<WebOrigin> origin = WebOrigin::Read(text, &rule);
  if (!origin) return std::string(rule);
  return std::string(origin->scheme) + " " + std::string(origin->host) + " " +
         (origin->port ? std::to_string(*origin->port) : "-");
}

TEST(WebOriginTest, ThePortIsTheSchemesDefaultUnlessItIsWritten) {
  EXPECT_EQ(Read("https://chat.example.com"), "https chat.example.com 443");
  EXPECT_EQ(Read("http://chat.example.com"), "http chat.example.com 80");
  EXPECT_EQ(Read("wss://chat.example.com"), "wss chat.example.com 443");
  EXPECT_EQ(Read("WS://chat.example.com"), "WS chat.example.com 80");
  EXPECT_EQ(Read("https://chat.example.com:8443"), "https chat.example.com 8443");
  EXPECT_EQ(Read("https://chat.example.com.:65535"), "https chat.example.com 65535");
  EXPECT_EQ(Read("https://[::1]:80"), "https [::1] 80");
}

TEST(WebOriginTest, SchemesOfAppsMayHaveAnyHostOrNone) {
  EXPECT_EQ(Read("file://"), "file  -");
  EXPECT_EQ(Read("app://."), "app . -");
  EXPECT_EQ(Read("capacitor://localhost"), "capacitor localhost -");
  EXPECT_EQ(Read("tauri://localhost:1430"), "tauri localhost 1430");
  EXPECT_EQ(Read("com.example.app+dev://bundle%20one"), "com.example.app+dev bundle%20one -");
}

TEST(WebOriginTest, SaysWhatIsWrong) {
  constexpr std::string_view kForm = R"(is not "scheme://host", "scheme://host:port", "null" or "same-host")";
  constexpr std::string_view kHost =
      R"(is not "host" or "host:port" after "://"; names beyond ASCII must be in their xn-- form)";
  constexpr std::string_view kPath = "must not have a path, not even \"/\"";
  constexpr std::string_view kPort = "its port is not a number up to 65535";
  for (const std::string_view text : {"", "null", "chat.example.com", "//a", "://a", "1http://a", "ht tp://a"}) {
    EXPECT_EQ(Read(text), kForm) << text;
  }
  for (const std::string_view text :
       {"https://", "https://:443", "https://a b", "https://user@a", "https://caf\xc3\xa9.fr", "https://.", "app://a b",
        "app://user@a", "app://a#b"}) {
    EXPECT_EQ(Read(text), kHost) << text;
  }
  for (const std::string_view text : {"https://a/", "https://a/x", "file:///", "https://a https://b"}) {
    EXPECT_EQ(Read(text), kPath) << text;
  }
  for (const std::string_view text :
       {"https://a:x", "https://a:65536", "https://a:-1", "https://a:80:80", "app://a:x"}) {
    EXPECT_EQ(Read(text), kPort) << text;
  }
  EXPECT_EQ(Read("https://a:"), "has a colon but no port");
}

}  // namespace
}  // namespace viaduct::filter
