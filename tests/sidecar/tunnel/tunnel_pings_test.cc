#include "sidecar/tunnel/tunnel_pings.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;

constexpr TunnelPings::Time kBegin{seconds(1000)};

std::string Text(const TunnelPings::Payload& payload) { return std::string(payload.bytes()); }

TEST(TunnelPingsTest, WithoutAFirstOneNoneIsEverDue) {
  const TunnelPings pings(7, std::nullopt);
  EXPECT_EQ(pings.next(), TunnelPings::Time::max());
  EXPECT_FALSE(pings.due());
}

TEST(TunnelPingsTest, OneIsDueUntilItIsSent) {
  TunnelPings pings(7, kBegin + seconds(30));
  EXPECT_EQ(pings.next(), kBegin + seconds(30));
  pings.MakeDue(kBegin + seconds(60));
  EXPECT_TRUE(pings.due());
  EXPECT_EQ(pings.next(), kBegin + seconds(60));
  pings.Send(kBegin + seconds(31));
  EXPECT_FALSE(pings.due());
}

TEST(TunnelPingsTest, EachPingDiffers) {
  TunnelPings pings(7, kBegin);
  const std::string first = Text(pings.Send(kBegin));
  EXPECT_EQ(first.size(), 8u);
  EXPECT_NE(Text(pings.Send(kBegin)), first);
}

TEST(TunnelPingsTest, APongToAnyPingOfOursIsOurs) {
  TunnelPings pings(7, kBegin);
  const std::string first = Text(pings.Send(kBegin));
  const std::string second = Text(pings.Send(kBegin));
  EXPECT_TRUE(pings.IsOurPong(first));
  EXPECT_TRUE(pings.IsOurPong(second));
}

TEST(TunnelPingsTest, OtherPongsAreNot) {
  TunnelPings pings(7, kBegin);
  const std::string sent = Text(pings.Send(kBegin));
  TunnelPings ahead(7, kBegin);
  ahead.Send(kBegin);
  TunnelPings other(8, kBegin);
  EXPECT_FALSE(pings.IsOurPong(Text(ahead.Send(kBegin)))) << "not sent yet";
  EXPECT_FALSE(pings.IsOurPong(Text(other.Send(kBegin)))) << "another salt";
  EXPECT_FALSE(pings.IsOurPong(""));
  EXPECT_FALSE(pings.IsOurPong(sent.substr(1)));
  EXPECT_FALSE(pings.IsOurPong(sent + "x"));
}

TEST(TunnelPingsTest, OnlyThePongToTheLastPingIsTimed) {
  TunnelPings pings(7, kBegin);
  const std::string first = Text(pings.Send(kBegin));
  const std::string second = Text(pings.Send(kBegin + seconds(30)));
  EXPECT_EQ(pings.RoundTrip(second, kBegin + seconds(32)), seconds(2));
  EXPECT_EQ(pings.RoundTrip(first, kBegin + seconds(32)), std::nullopt);
  EXPECT_EQ(pings.RoundTrip("unasked!", kBegin + seconds(32)), std::nullopt);
}

TEST(TunnelPingsTest, AnyByteAnswersAllPingsBefore) {
  TunnelPings pings(7, kBegin);
  EXPECT_EQ(pings.unanswered(), 0u);
  pings.Send(kBegin);
  pings.Send(kBegin + seconds(30));
  EXPECT_EQ(pings.unanswered(), 2u);
  pings.OnBytes();
  EXPECT_EQ(pings.unanswered(), 0u);
  pings.Send(kBegin + seconds(60));
  EXPECT_EQ(pings.unanswered(), 1u);
}

}  // namespace
}  // namespace viaduct::sidecar
