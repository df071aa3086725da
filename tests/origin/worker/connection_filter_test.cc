#include "origin/worker/connection_filter.h"

#include <gtest/gtest.h>

#include <string_view>

namespace viaduct::origin {
namespace {

bool PeerIsIn(std::string_view range, std::string_view peer) {
  return ConnectionFilter{.peer_range = *ip::AddressPrefix::ParseOrAddress(range)}.Matches({.peer_address = peer});
}

TEST(ConnectionFilterTest, WithoutConditionsAllMatch) { EXPECT_TRUE(ConnectionFilter().Matches({.room = "lobby"})); }

TEST(ConnectionFilterTest, ASocketsPortDoesNotCount) {
  EXPECT_TRUE(PeerIsIn("127.0.0.0/8", "127.0.0.1:51234"));
  EXPECT_TRUE(PeerIsIn("127.0.0.0/8", "127.0.0.1"));
  EXPECT_TRUE(PeerIsIn("::1", "[::1]:80"));
  EXPECT_FALSE(PeerIsIn("127.0.0.0/8", "128.0.0.1:80"));
}

TEST(ConnectionFilterTest, WhatIsNoAddressIsInNoRange) {
  for (const std::string_view none : {"", "unix:/run/x", "localhost", "[", "203.0.113", "203.0.113.7.8"}) {
    EXPECT_FALSE(PeerIsIn("0.0.0.0/0", none)) << none;
    EXPECT_FALSE(PeerIsIn("::/0", none)) << none;
  }
}

}  // namespace
}  // namespace viaduct::origin
