#include "origin/worker/connection_filter.h"

#include <gtest/gtest.h>

#include <string_view>

namespace viaduct::origin {
namespace {

ConnectionFilter::Facts ConnectionFrom(std::string_view peer) {
  return {.room = "lobby", .viewer_address = "", .peer_address = peer, .open_for = {}, .idle_for = {}};
}

bool PeerIsIn(std::string_view range, std::string_view peer) {
  ConnectionFilter filter;
  filter.peer_range = *ip::AddressPrefix::ParseOrAddress(range);
  return filter.Matches(ConnectionFrom(peer));
}

TEST(ConnectionFilterTest, WithoutConditionsAllMatch) {
  EXPECT_TRUE(ConnectionFilter().Matches(ConnectionFrom("127.0.0.1:51234")));
}

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
