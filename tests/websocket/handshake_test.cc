#include "websocket/handshake.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace viaduct::websocket {
namespace {

std::string Accept(std::string_view key) {
  const std::array<char, 28> value = AcceptValue(key);
  return {value.data(), value.size()};
}

TEST(HandshakeTest, AnswersTheExampleOfTheRfc) {
  EXPECT_EQ(Accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(HandshakeTest, AnswersOtherKeysAsOtherImplementationsDo) {
  // By Python: base64.b64encode(hashlib.sha1(key + guid).digest()).
  EXPECT_EQ(Accept("AAAAAAAAAAAAAAAAAAAAAA=="), "ICX+Yqv66kxgM0FcWaLWlFLwTAI=");
  EXPECT_EQ(Accept("x3JJHMbDL1EzLkh9GBhXDw=="), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
  EXPECT_EQ(Accept(""), "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=");
  EXPECT_EQ(Accept(std::string(200, 'k')), "HXr7Nbki1tHdEVpq+a7G7IV4VJU=");
}

TEST(HandshakeTest, KeysAreSixteenBytesInBase64) {
  EXPECT_TRUE(IsValidKey("dGhlIHNhbXBsZSBub25jZQ=="));
  EXPECT_TRUE(IsValidKey("AAAAAAAAAAAAAAAAAAAAAA=="));
  EXPECT_TRUE(IsValidKey("/////////////////////w=="));
  EXPECT_TRUE(IsValidKey("+++++++++++++++++++++g=="));
}

TEST(HandshakeTest, OtherKeysAreNotValid) {
  EXPECT_FALSE(IsValidKey(""));
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub25jZQ="));    // 23
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub25jZQ==="));  // 25
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub25jZQAA"));   // 18 bytes
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub25jZQA="));   // 17 bytes
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub25j===="));   // 15 bytes
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub25j ZQ=="));
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub25jZ-=="));  // the alphabet of URLs
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub2_jZQ=="));
  EXPECT_FALSE(IsValidKey("dGhlIHNhbXBsZSBub25jZQ=\n"));
  EXPECT_FALSE(IsValidKey(std::string_view("\0GhlIHNhbXBsZSBub25jZQ==", 24)));
  EXPECT_FALSE(
      IsValidKey("\xff"
                 "GhlIHNhbXBsZSBub25jZQ=="));
}

// RFC 6455 section 4.1 gives "AQIDBAUGBwgJCgsMDQ4PEC==" for the bytes 1 to 16, whose spare bits are not zero.
TEST(HandshakeTest, TheSpareBitsOfTheLastDigitDoNotCount) {
  EXPECT_TRUE(IsValidKey("AQIDBAUGBwgJCgsMDQ4PEC=="));
  EXPECT_EQ(Accept("AQIDBAUGBwgJCgsMDQ4PEC=="), "OfS0wDaT5NoxF2gqm7Zj2YtetzM=") << "of the key as it was sent";
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char digit : kDigits) {
    EXPECT_TRUE(IsValidKey("AAAAAAAAAAAAAAAAAAAAA" + std::string(1, digit) + "==")) << digit;
  }
}

}  // namespace
}  // namespace viaduct::websocket
