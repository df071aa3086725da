#include "origin/worker/address_range.h"

#include <gtest/gtest.h>

namespace viaduct::origin {
namespace {

bool Has(std::string_view range, std::string_view address) { return AddressRange::Parse(range)->Contains(address); }

TEST(AddressRangeTest, APrefixHasWhatBeginsWithIt) {
  EXPECT_TRUE(Has("203.0.113.0/24", "203.0.113.0"));
  EXPECT_TRUE(Has("203.0.113.0/24", "203.0.113.255"));
  EXPECT_FALSE(Has("203.0.113.0/24", "203.0.114.0"));
  EXPECT_TRUE(Has("203.0.113.128/25", "203.0.113.129"));
  EXPECT_FALSE(Has("203.0.113.128/25", "203.0.113.127"));
  EXPECT_TRUE(Has("0.0.0.0/0", "255.255.255.255"));
  EXPECT_FALSE(Has("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Has("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(Has("2001:db8::/32", "2001:db9::"));
  EXPECT_TRUE(Has("::/0", "2001:db8::1"));
}

TEST(AddressRangeTest, ASingleAddressIsItself) {
  EXPECT_TRUE(Has("203.0.113.7", "203.0.113.7"));
  EXPECT_FALSE(Has("203.0.113.7", "203.0.113.8"));
  EXPECT_TRUE(Has("2001:db8::1", "2001:DB8:0::1"));
  EXPECT_TRUE(Has("203.0.113.7", "::ffff:203.0.113.7"));
}

TEST(AddressRangeTest, ASocketsPortDoesNotCount) {
  EXPECT_TRUE(Has("127.0.0.0/8", "127.0.0.1:51234"));
  EXPECT_TRUE(Has("::1", "[::1]:80"));
  EXPECT_TRUE(Has("::1", "[::1]"));
  EXPECT_FALSE(Has("127.0.0.0/8", "128.0.0.1:80"));
}

TEST(AddressRangeTest, WhatIsNoAddressIsInNoRange) {
  for (const std::string_view none : {"", "unix:/run/x", "localhost", "[", "203.0.113", "203.0.113.7.8"}) {
    EXPECT_FALSE(Has("0.0.0.0/0", none)) << none;
    EXPECT_FALSE(Has("::/0", none)) << none;
  }
}

TEST(AddressRangeTest, WhatIsNoRangeIsRefused) {
  for (const std::string_view none :
       {"", "/", "203.0.113.", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/", "::/129", "203.0.113.1/24",
        "2001:db8::1/32", "203.0.113.0/24x", "[::1]", "203.0.113.7:80"}) {
    EXPECT_FALSE(AddressRange::Parse(none).has_value()) << none;
  }
}

}  // namespace
}  // namespace viaduct::origin
