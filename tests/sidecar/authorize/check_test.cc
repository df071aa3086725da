#include "sidecar/authorize/check.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "filter/policy.h"
#include "http/head.h"
#include "ip/address_ranges.h"
#include "net/address.h"
#include "sidecar/authorize/check_reply.h"
#include "sidecar/request/local_reply.h"

namespace viaduct::sidecar {
namespace {

constexpr char kEdge[] =
    "Host: chat.example.com\r\n"
    "X-Forwarded-For: 203.0.113.7, 130.176.114.52\r\n"
    "Via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
    "X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n";
constexpr char kPeer[] = "X-Viaduct-Peer: 10.10.8.4:41234\r\n";
constexpr char kTraefik[] =
    "Host: 127.0.0.1:8090\r\n"
    "X-Forwarded-For: 203.0.113.7, 130.176.114.52, 10.10.8.4\r\n"
    "Via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
    "X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n";

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    spec_.trusted_peers = {"10.10.8.0/24"};
    spec_.extra_edges = {"130.176.0.0/16"};
    spec_.origins = {"https://chat.example.com"};
    config_.peer_field = "x-viaduct-peer";
    const std::string loopback[] = {"127.0.0.0/8"};
    config_.trusted_proxies = *ip::AddressRanges::Create(loopback);
  }

  // Decides about the fields of a question.
  CheckDecision Decide(const std::string& fields, const char* proxy = "127.0.0.1:5") {
    const std::string text = "GET /a HTTP/1.1\r\n" + fields + "\r\n";
    http::RequestHead head;
    EXPECT_FALSE(http::ParseRequestHead(text, {}, storage_, &head).has_value());
    return DecideCheck(ReadHttpCheck(head, net::SocketAddress::Parse(proxy).value(), config_),
                       **filter::Policy::Create(spec_));
  }
  std::string ReasonOf(const std::string& fields) { return std::string(Decide(fields).deny_reason()); }

  filter::PolicySpec spec_;
  AuthorizeConfig config_;
  std::array<http::Field, 200> storage_;
};

TEST_F(CheckTest, AnHonestRequestPassesWithTheViewersAddress) {
  const CheckDecision decision = Decide(std::string(kEdge) + kPeer);
  EXPECT_TRUE(decision.allowed) << decision.deny_reason();
  EXPECT_EQ(decision.viewer->ToString(), "203.0.113.7");
  EXPECT_EQ(decision.deny_reason(), "");
}

TEST_F(CheckTest, ThePeerIsJudgedAndNotTheProxy) {
  EXPECT_EQ(ReasonOf(std::string(kEdge) + "x-viaduct-peer: 10.10.9.4\r\n"), "untrusted_peer");
  EXPECT_EQ(ReasonOf(std::string(kEdge) + "x-viaduct-peer: 127.0.0.1\r\n"), "untrusted_peer");
}

TEST_F(CheckTest, ThePeerMustBeSaidOnceAsAnAddress) {
  EXPECT_EQ(ReasonOf(kEdge), "peer_missing");
  EXPECT_EQ(ReasonOf(std::string(kEdge) + kPeer + kPeer), "peer_repeated");
  EXPECT_EQ(ReasonOf(std::string(kEdge) + kPeer + "x-viaduct-peer:\r\n"), "peer_repeated");
  EXPECT_EQ(ReasonOf(std::string(kEdge) + "X-Viaduct-Peer: 10.10.8.4,10.10.8.5\r\n"), "peer_unparsable");
  EXPECT_EQ(ReasonOf(std::string(kEdge) + "X-Viaduct-Peer: unix:\r\n"), "peer_unparsable");
  EXPECT_EQ(ReasonOf(std::string(kEdge) + "X-Viaduct-Peer: 10.10.8.4:0\r\n"), "peer_unparsable");
  EXPECT_EQ(ReasonOf(std::string(kEdge) + "X-Viaduct-Peer:\r\n"), "peer_unparsable");
  EXPECT_EQ(ReasonOf(std::string(kEdge) + kPeer + "X_Viaduct_Peer: 10.10.8.4\r\n"), "trusted_field_alias");
}

TEST_F(CheckTest, OnlyTrustedProxiesAreAnswered) {
  EXPECT_EQ(Decide(std::string(kEdge) + kPeer, "10.0.0.1:5").deny_reason(), "untrusted_proxy");
  EXPECT_EQ(Decide(kEdge, "10.0.0.1:5").deny_reason(), "untrusted_proxy");
  EXPECT_TRUE(Decide(std::string(kEdge) + kPeer, "unix:/a").allowed);
}

TEST_F(CheckTest, TheLastMemberOfXForwardedForIsTraefiksPeer) {
  config_.peer_field.clear();
  const CheckDecision decision = Decide(kTraefik);
  EXPECT_TRUE(decision.allowed) << decision.deny_reason();
  EXPECT_EQ(decision.viewer->ToString(), "203.0.113.7");
  // Without the viewer's and the edge's members, as Traefik sends it if it does not trust the balancer.
  EXPECT_EQ(ReasonOf("Host: a\r\nX-Forwarded-For: 10.10.8.4\r\n"), "xff_missing");
  EXPECT_EQ(ReasonOf("Host: a\r\n"), "peer_missing");
  EXPECT_EQ(ReasonOf("Host: a\r\nX-Forwarded-For: 203.0.113.7, 130.176.114.52,\r\n"), "peer_unparsable");
}

TEST_F(CheckTest, TheLastMemberCountsOverAllLines) {
  config_.peer_field.clear();
  std::string fields = kTraefik;
  fields.replace(fields.find(", 10.10.8.4"), 11, "\r\nx-forwarded-for: 10.10.8.4");
  EXPECT_TRUE(Decide(fields).allowed);
  fields = std::string(kTraefik) + "X-Forwarded-For: 10.10.9.9\r\n";
  EXPECT_EQ(ReasonOf(fields), "untrusted_peer");
  // A viewer's own word of a peer decides nothing.
  EXPECT_TRUE(Decide(std::string(kTraefik) + "X-Viaduct-Peer: 1.2.3.4\r\n").allowed);
}

TEST_F(CheckTest, AHandshakeIsKnownByUpgradeOrByItsKey) {
  const std::string foreign = std::string(kEdge) + kPeer + "Origin: https://evil.example\r\n";
  EXPECT_TRUE(Decide(foreign).allowed);
  EXPECT_EQ(ReasonOf(foreign + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "origin_not_allowed");
  EXPECT_EQ(ReasonOf(foreign + "Upgrade: websocket\r\nConnection: Upgrade\r\n"), "origin_not_allowed");
  EXPECT_TRUE(
      Decide(std::string(kEdge) + kPeer + "Origin: https://chat.example.com\r\nUpgrade: websocket\r\n").allowed);
}

TEST_F(CheckTest, AnIdThatAProxyJoinedIsARepeatedOne) {
  const auto with_id = [](const std::string& id) {
    std::string fields = std::string(kEdge) + kPeer;
    return fields.replace(fields.find("3Qin"), 56, id);
  };
  EXPECT_TRUE(Decide(with_id("abc")).allowed);
  EXPECT_EQ(ReasonOf(with_id("abc,")), "cf_id_repeated");
  EXPECT_EQ(ReasonOf(with_id("abc, abc")), "cf_id_repeated");
  EXPECT_EQ(ReasonOf(with_id("a b")), "cf_id_malformed");
}

TEST_F(CheckTest, AForgedViewerAddressPassesOnlyWhereAProvenOneReplacesIt) {
  const std::string forged = "X-Viaduct-Viewer-Address: 1.2.3.4\r\n";
  EXPECT_EQ(Decide(std::string(kEdge) + kPeer + forged).viewer->ToString(), "203.0.113.7");
  spec_.enforcements.edge_range = filter::Enforcement::kMonitor;
  const std::string around = "Host: a\r\nVia: 1.1 a.cloudfront.net (CloudFront)\r\nX-Amz-Cf-Id: a\r\n" +
                             std::string("X-Forwarded-For: 203.0.113.7, 192.0.2.1\r\n") + kPeer;
  const CheckDecision decision = Decide(around);
  EXPECT_TRUE(decision.allowed) << decision.deny_reason();
  EXPECT_FALSE(decision.viewer.has_value());
  EXPECT_FALSE(decision.verdict->would_deny.empty());
  EXPECT_EQ(ReasonOf(around + forged), "viewer_address_forged");
}

std::string ReplyTo(const CheckDecision& decision, AfterReply after, bool head_request = false) {
  std::string text;
  AppendCheckReply(decision, after, head_request, &text);
  return text;
}

TEST_F(CheckTest, TheAnswerSaysNoMoreThanYesOrNo) {
  EXPECT_EQ(ReplyTo(Decide(std::string(kEdge) + kPeer), AfterReply::kKeepAlive),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nx-viaduct-viewer-address: 203.0.113.7\r\n"
            "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  const std::string denial =
      "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(ReplyTo(Decide(kEdge), AfterReply::kClose), denial + "forbidden\n");
  EXPECT_EQ(ReplyTo(DenyCheck(CheckFault::kBadRequest), AfterReply::kClose), denial + "forbidden\n");
  EXPECT_EQ(ReplyTo(Decide(kEdge), AfterReply::kClose, true), denial);
}

TEST_F(CheckTest, ADecisionThatNobodyMadeIsNo) {
  EXPECT_FALSE(CheckDecision().allowed);
  EXPECT_EQ(CheckStatus(CheckDecision()), 403);
}

}  // namespace
}  // namespace viaduct::sidecar
