#include "sidecar/request/decision.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/sidecar/v1/sidecar.pb.h"
#include "filter/policy.h"
#include "http/head.h"
#include "ip/ip_address.h"
#include "ops/config/config_file.h"
#include "ops/config/field_rules.h"
#include "sidecar/request/routes.h"

namespace viaduct::sidecar {
namespace {

constexpr char kRoutes[] = R"(
listen: "0.0.0.0:80"
vpc_origin: {}
routes:
- {path_prefix: /chat, upstream: {address: "127.0.0.1:1"}}
- {path_prefix: /chat/page, upstream: {address: "127.0.0.1:2"}, websocket: REFUSE}
- {path_prefix: /chat/ws, upstream: {address: "127.0.0.1:2"}, http: REFUSE}
)";

// The fields that CloudFront and the balancer add to a request.
constexpr std::string_view kEdge =
    "Host: chat.example.com\r\n"
    "X-Forwarded-For: 203.0.113.7, 192.0.2.1\r\n"
    "Via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
    "X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n";
constexpr std::string_view kHandshake =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view kBalancer = "10.0.0.1";
constexpr std::string_view kStranger = "198.51.100.1";

std::string Request(std::string_view line, std::string_view fields = "") {
  return std::string(line).append("\r\n").append(kEdge).append(fields).append("\r\n");
}
std::string Get(std::string_view path, std::string_view fields = "") {
  return Request(std::string("GET ").append(path).append(" HTTP/1.1"), fields);
}
std::string Upgrade(std::string_view path) { return Get(path, kHandshake); }
// Returns a health check of the balancer, which has no fields of CloudFront's.
std::string Probe(std::string_view line, std::string_view fields = "") {
  return std::string(line).append(" HTTP/1.1\r\nHost: 10.0.0.9\r\n").append(fields).append("\r\n");
}

class DecisionTest : public testing::Test {
 protected:
  DecisionTest() {
    sidecar::v1::SidecarConfig proto;
    EXPECT_TRUE(ops::ConfigFile::Parse("test.yaml", kRoutes, &proto).ok());
    EXPECT_TRUE(ops::ApplyFieldRules("", &proto).ok());
    routes_ = RouteTable::Create(&proto).value();
    filter::PolicySpec spec;
    spec.trusted_peers = {"10.0.0.0/8"};
    spec.extra_edges = {"192.0.2.0/24"};
    policy_ = filter::Policy::Create(spec).value();
  }

  // Returns a decision that views members of the test, valid until the next call.
  RequestDecision Decided(std::string_view head, std::string_view peer = kBalancer, Health health = Health::kGood) {
    text_ = head;
    http::RequestHead parsed;
    const auto error = http::ParseRequestHead(text_, http::HeadLimits(), storage_, &parsed);
    if (error.has_value()) return DecideBrokenHead(*error);
    const filter::ConnectionFacts connection{.peer = ip::IpAddress::Parse(peer).value()};
    return Decide({.policy = *policy_, .routes = routes_, .health_path = "/healthz", .admission = admission_}, parsed,
                  connection, health);
  }
  // Returns "forward /chat", "upgrade /chat" or, with the rule if there is one, "404 no_route" and "400 bad_request:
  // bad_host".
  std::string Outcome(std::string_view head, std::string_view peer = kBalancer, Health health = Health::kGood) {
    const RequestDecision decision = Decided(head, peer, health);
    switch (decision.action) {
      case RequestDecision::Action::kForward:
        return "forward " + decision.route->path_prefix;
      case RequestDecision::Action::kUpgrade:
        return "upgrade " + decision.route->path_prefix;
      case RequestDecision::Action::kAnswer:
        break;
    }
    std::string text = std::to_string(decision.reply.status).append(" ").append(kRequestEnds.Name(decision.end));
    if (!decision.rule.word().empty()) text.append(": ").append(decision.rule.word());
    return text;
  }

  RouteTable routes_;
  std::shared_ptr<const filter::Policy> policy_;
  Admission admission_ = Admission::kAll;
  std::array<http::Field, 200> storage_;
  std::string text_;
};

TEST_F(DecisionTest, EachRequestHasOneOutcome) {
  const struct {
    std::string head;
    const char* outcome;
  } kTable[] = {
      {Get("/chat"), "forward /chat"},
      {Request("POST /chat/x?y HTTP/1.1", "Content-Length: 3\r\n"), "forward /chat"},
      {Get("/chat/page/1"), "forward /chat/page"},
      {Upgrade("/chat"), "upgrade /chat"},
      {Upgrade("/chat/ws"), "upgrade /chat/ws"},

      {Get("/"), "404 no_route"},
      {Upgrade("/"), "404 no_route"},
      {Get("/chat/..%2fpage"), "400 bad_request: ambiguous_path"},
      {Get("/chat/ws"), "403 http_not_allowed"},
      {Upgrade("/chat/page"), "403 upgrade_not_allowed"},

      {Get("/chat", "Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n"), "400 bad_upgrade: upgrade_not_websocket"},
      {Get("/chat", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"),
       "426 bad_websocket_version: upgrade_version_unsupported"},
      {Get("/chat", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"),
       "400 bad_upgrade: upgrade_key"},

      {"GET /chat HTTP/1.1\r\n\r\n", "400 bad_request: host_missing"},
      {Get("no-slash"), "400 bad_request: bad_target"},
      {Request("TRACE /chat HTTP/1.1"), "405 bad_request: method_refused"},
      {Request(std::string(33, 'M') + " /chat HTTP/1.1"), "501 bad_request: method_too_long"},
      {Get("/chat", "Expect: 200-ok\r\n"), "417 bad_request: bad_expect"},
      {Get("/" + std::string(9000, 'a')), "414 bad_request: target_too_long"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Outcome(row.head), row.outcome) << row.head;
}

// RFC 9110 section 7.8: whoever does not speak the other protocol serves the request as it is.
TEST_F(DecisionTest, AnUpgradeToAnythingElseIsAPlainRequest) {
  for (const char* fields : {"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n",
                             "Upgrade: h2c\r\n", "Upgrade:\r\n", "Upgrade: TLS/1.0, IRC/6.9\r\n"}) {
    EXPECT_EQ(Outcome(Get("/chat", fields)), "forward /chat") << fields;
    EXPECT_EQ(Outcome(Get("/chat/page", fields)), "forward /chat/page") << fields;
    EXPECT_EQ(Outcome(Get("/chat/ws", fields)), "403 http_not_allowed") << fields;
    EXPECT_EQ(Outcome(Probe("GET /healthz", fields)), "200 health_check") << fields;
  }
  EXPECT_EQ(Outcome(Request("GET /chat HTTP/1.0", kHandshake)), "forward /chat");
}

TEST_F(DecisionTest, ARequestMayNameNoHostUnlessHostsAreNamed) {
  const std::string edge(kEdge.substr(kEdge.find("X-Forwarded-For")));
  EXPECT_EQ(Outcome("GET /chat HTTP/1.0\r\n" + edge + "\r\n"), "forward /chat");
  EXPECT_EQ(Outcome("GET /chat HTTP/1.1\r\nHost:\r\n" + edge + "\r\n"), "forward /chat");
  EXPECT_EQ(Outcome("GET /chat HTTP/1.1\r\n" + edge + "\r\n"), "400 bad_request: host_missing");
  EXPECT_EQ(Outcome("GET /healthz HTTP/1.0\r\n\r\n"), "200 health_check");
  filter::PolicySpec spec;
  spec.trusted_peers = {"10.0.0.0/8"};
  spec.extra_edges = {"192.0.2.0/24"};
  spec.hosts = {"chat.example.com"};
  policy_ = filter::Policy::Create(spec).value();
  EXPECT_EQ(Outcome("GET /chat HTTP/1.0\r\n" + edge + "\r\n"), "403 denied");
  EXPECT_EQ(Outcome("GET /chat HTTP/1.1\r\nHost:\r\n" + edge + "\r\n"), "403 denied");
  EXPECT_EQ(Outcome(Get("/chat")), "forward /chat");
  EXPECT_EQ(Outcome("GET /healthz HTTP/1.0\r\n\r\n"), "200 health_check");
}

// IANA's registry of methods, but for CONNECT, TRACE and PRI.
TEST_F(DecisionTest, EveryRegisteredMethodPasses) {
  for (const char* method : {"ACL",
                             "BASELINE-CONTROL",
                             "BIND",
                             "CHECKIN",
                             "CHECKOUT",
                             "COPY",
                             "DELETE",
                             "GET",
                             "HEAD",
                             "LABEL",
                             "LINK",
                             "LOCK",
                             "MERGE",
                             "MKACTIVITY",
                             "MKCALENDAR",
                             "MKCOL",
                             "MKREDIRECTREF",
                             "MKWORKSPACE",
                             "MOVE",
                             "OPTIONS",
                             "ORDERPATCH",
                             "PATCH",
                             "POST",
                             "PROPFIND",
                             "PROPPATCH",
                             "PUT",
                             "QUERY",
                             "REBIND",
                             "REPORT",
                             "SEARCH",
                             "UNBIND",
                             "UNCHECKOUT",
                             "UNLINK",
                             "UNLOCK",
                             "UPDATE",
                             "UPDATEREDIRECTREF",
                             "VERSION-CONTROL"}) {
    EXPECT_EQ(Outcome(Request(std::string(method) + " /chat HTTP/1.1", "Content-Length: 2\r\n")), "forward /chat");
  }
}

TEST_F(DecisionTest, TheFilterComesBeforeTheRoutesAndTheHandshake) {
  const std::string no_via = Probe("GET /chat");
  EXPECT_EQ(Outcome(Get("/chat"), kStranger), "403 denied");
  EXPECT_EQ(Outcome(Get("/"), kStranger), "403 denied");
  EXPECT_EQ(Outcome(Upgrade("/chat/page"), kStranger), "403 denied");
  EXPECT_EQ(Outcome(Get("/chat", "Upgrade: h2c\r\n"), kStranger), "403 denied");
  EXPECT_EQ(Outcome(no_via), "403 denied");
  EXPECT_EQ(Decided(Get("/chat"), kStranger).verdict->reason, filter::DenyReason::kUntrustedPeer);
}

TEST_F(DecisionTest, OnlyTheBalancerMayAskForHealthAndOnlyWithAPlainRequest) {
  const struct {
    std::string head;
    std::string_view peer;
    const char* outcome;
  } kTable[] = {
      {Probe("GET /healthz"), kBalancer, "200 health_check"},
      {Probe("HEAD /healthz"), kBalancer, "200 health_check"},
      {Probe("GET /healthz?a=b"), kBalancer, "200 health_check"},
      // Also one that came through the VPC origin: the path is the sidecar's.
      {Get("/healthz"), kBalancer, "200 health_check"},

      {Probe("GET /healthz"), kStranger, "403 denied"},
      {Probe("POST /healthz"), kBalancer, "403 denied"},
      {Probe("GET /healthz/"), kBalancer, "403 denied"},
      {Probe("GET /healthz", kHandshake), kBalancer, "403 denied"},
      {Request("POST /healthz HTTP/1.1"), kBalancer, "404 no_route"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Outcome(row.head, row.peer), row.outcome) << row.head;
}

TEST_F(DecisionTest, HealthChecksAreAnsweredWithTheHealthAndAskNoFilter) {
  const std::string probe = Probe("GET /healthz");
  EXPECT_EQ(Decided(probe).reply.body, "ok\n");
  EXPECT_EQ(Outcome(probe, kBalancer, Health::kUpstreamDown), "503 health_check");
  EXPECT_EQ(Decided(probe, kBalancer, Health::kUpstreamDown).reply.body, "upstream down\n");
  EXPECT_EQ(Outcome(probe, kBalancer, Health::kDraining), "503 health_check");
  EXPECT_EQ(Decided(probe, kBalancer, Health::kDraining).reply.body, "draining\n");
  EXPECT_FALSE(Decided(probe).verdict.has_value());
}

TEST_F(DecisionTest, OnlyAHealthCheckKeepsItsConnection) {
  const auto keeps = [this](std::string_view head, Health health = Health::kGood) {
    return Decided(head, kBalancer, health).after == AfterReply::kKeepAlive;
  };
  EXPECT_TRUE(keeps(Probe("GET /healthz")));
  EXPECT_TRUE(keeps(Probe("GET /healthz"), Health::kUpstreamDown));
  EXPECT_FALSE(keeps(Probe("GET /healthz"), Health::kDraining));
  EXPECT_FALSE(keeps(Probe("GET /healthz", "Connection: close\r\n")));
  EXPECT_FALSE(keeps(Probe("GET /healthz", "Content-Length: 1\r\n")));  // its body is not read
  EXPECT_FALSE(keeps(Get("/")));
  EXPECT_FALSE(keeps(Get("/chat/ws")));
  EXPECT_FALSE(keeps("GET /chat HTTP/1.1\r\n\r\n"));
}

TEST_F(DecisionTest, BeyondTheMostSessionsOnlyHealthMayBeAskedForAndOnce) {
  admission_ = Admission::kHealthOnly;
  EXPECT_EQ(Outcome(Probe("GET /healthz")), "200 health_check");
  EXPECT_EQ(Outcome(Probe("GET /healthz"), kBalancer, Health::kUpstreamDown), "503 health_check");
  EXPECT_EQ(Decided(Probe("GET /healthz")).after, AfterReply::kClose);
  for (const std::string& head : {Get("/chat"), Upgrade("/chat"), Get("/"), Probe("POST /healthz")}) {
    EXPECT_EQ(Outcome(head), "503 too_many_sessions") << head;
  }
  EXPECT_EQ(Outcome(Probe("GET /healthz"), kStranger), "503 too_many_sessions");
}

TEST_F(DecisionTest, AViewerWithTooMuchOpenIsToldWhatItHasTooMuchOf) {
  RequestDecision request = Decided(Get("/chat"));
  RefuseViewer(&request);
  EXPECT_EQ(request.action, RequestDecision::Action::kAnswer);
  EXPECT_EQ(request.end, RequestEnd::kTooManyViewerRequests);
  EXPECT_EQ(request.reply.status, 429);
  EXPECT_EQ(request.after, AfterReply::kClose);
  EXPECT_TRUE(request.verdict.has_value());
  RequestDecision upgrade = Decided(Upgrade("/chat"));
  RefuseViewer(&upgrade);
  EXPECT_EQ(upgrade.end, RequestEnd::kTooManyViewerTunnels);
}

TEST_F(DecisionTest, ADrainRefusesTunnelsAndServesRequests) {
  EXPECT_EQ(Outcome(Get("/chat"), kBalancer, Health::kDraining), "forward /chat");
  EXPECT_EQ(Outcome(Upgrade("/chat"), kBalancer, Health::kDraining), "503 draining");
  // Errors in the request itself are reported all the same.
  EXPECT_EQ(Outcome(Upgrade("/chat/page"), kBalancer, Health::kDraining), "403 upgrade_not_allowed");
  EXPECT_EQ(Outcome(Get("/chat", "Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n"), kBalancer, Health::kDraining),
            "400 bad_upgrade: upgrade_not_websocket");
}

TEST_F(DecisionTest, ADeadUpstreamIsTriedAllTheSame) {
  EXPECT_EQ(Outcome(Get("/chat"), kBalancer, Health::kUpstreamDown), "forward /chat");
  EXPECT_EQ(Outcome(Upgrade("/chat"), kBalancer, Health::kUpstreamDown), "upgrade /chat");
}

TEST_F(DecisionTest, WhatIsForwardedHasItsVerdictRouteAndKey) {
  const RequestDecision decision = Decided(Upgrade("/chat/ws"));
  ASSERT_TRUE(decision.verdict.has_value());
  EXPECT_TRUE(decision.verdict->allowed);
  EXPECT_EQ(decision.verdict->viewer, ip::IpAddress::Parse("203.0.113.7"));
  EXPECT_EQ(routes_.upstreams()[decision.route->upstream].name, "127.0.0.1:2");
  EXPECT_EQ(decision.websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(Decided(Get("/chat")).websocket_key, "");
}

}  // namespace
}  // namespace viaduct::sidecar
