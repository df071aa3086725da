// The differences between modes: where edge and viewer are read, and what a PROXY header may contain.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "filter/evaluate.h"
#include "tests/filter/request_builder.h"
#include "tests/filter/request_cases.h"

namespace viaduct::filter {
namespace {

ConnectionFacts NlbConnectionOf(std::string_view source) {
  ConnectionFacts connection = NlbConnection();
  connection.proxy_source = AddressOf(source);
  return connection;
}

TEST(EvaluateModeTest, BehindANetworkBalancerItsHeaderNamesTheEdge) {
  RequestBuilder request = UnbalancedRequest();
  const Verdict verdict = Evaluate(*PolicyOf(NlbSpec()), request.view(), NlbConnection());
  EXPECT_TRUE(verdict.allowed);
  EXPECT_EQ(verdict.edge, AddressOf("130.176.114.52"));
  EXPECT_EQ(verdict.viewer, AddressOf("2001:db8::7334"));
}

TEST(EvaluateModeTest, DirectlyThePeerIsTheEdge) {
  RequestBuilder request = UnbalancedRequest();
  const Verdict verdict = Evaluate(*PolicyOf(DirectSpec()), request.view(), DirectConnection());
  EXPECT_TRUE(verdict.allowed);
  EXPECT_EQ(verdict.edge, AddressOf("130.176.114.52"));
  EXPECT_EQ(verdict.viewer, AddressOf("2001:db8::7334"));
}

TEST(EvaluateModeTest, EachConnectionOfANetworkBalancerIsJudgedByItsHeader) {
  struct Case {
    std::string_view what;
    ConnectionFacts connection;
    std::string_view verdict;
  };
  const ip::IpAddress balancer = AddressOf("10.10.8.96");
  const ip::IpAddress edge = AddressOf("130.176.114.52");
  const Case cases[] = {
      {"no header", {.peer = balancer}, "proxy_header_missing"},
      {"no header, and a source that was never read", {.peer = balancer, .proxy_source = edge}, "proxy_header_missing"},
      {"a header that cannot be read",
       {.peer = balancer, .proxy_header = ProxyHeader::kMalformed},
       "proxy_header_malformed"},
      {"the balancer itself", {.peer = balancer, .proxy_header = ProxyHeader::kLocal}, "proxy_header_local"},
      {"a workload that invents a header",
       {.peer = AddressOf("10.10.4.7"), .proxy_header = ProxyHeader::kSource, .proxy_source = edge},
       "untrusted_peer"},
      {"an edge that invents a header",
       {.peer = edge, .proxy_header = ProxyHeader::kSource, .proxy_source = edge},
       "untrusted_peer"},
      {"a caller of the balancer", NlbConnectionOf("203.0.113.9"), "edge_not_in_ranges"},
      {"a workload that calls the balancer", NlbConnectionOf("10.10.4.7"), "edge_not_in_ranges"},
      {"an edge mapped into IPv6", NlbConnectionOf("::ffff:130.176.114.52"), "allowed"},
      {"an edge with IPv6", NlbConnectionOf("2600:9000:1000::1"), "allowed"},
  };
  const std::shared_ptr<const Policy> policy = PolicyOf(NlbSpec());
  for (const Case& c : cases) {
    RequestBuilder request = UnbalancedRequest();
    EXPECT_EQ(WordOf(Evaluate(*policy, request.view(), c.connection)), c.verdict) << c.what;
  }
}

TEST(EvaluateModeTest, AConnectionIsJudgedBeforeItsFirstRequest) {
  const std::shared_ptr<const Policy> nlb = PolicyOf(NlbSpec());
  EXPECT_TRUE(EvaluateConnection(*nlb, NlbConnection()).allowed);
  // The header's viewer is checked with each request, not here.
  EXPECT_TRUE(EvaluateConnection(*nlb, NlbConnectionOf("203.0.113.9")).allowed);
  EXPECT_EQ(EvaluateConnection(*nlb, ConnectionFrom("10.10.8.96")).reason, DenyReason::kProxyHeaderMissing);
  EXPECT_EQ(EvaluateConnection(*nlb, ConnectionFrom("10.10.4.7")).reason, DenyReason::kUntrustedPeer);
  EXPECT_TRUE(EvaluateConnection(*PolicyOf(GenuineSpec()), GenuineConnection()).allowed);
  EXPECT_FALSE(EvaluateConnection(*PolicyOf(GenuineSpec()), ConnectionFrom("10.10.4.7")).allowed);
  EXPECT_TRUE(EvaluateConnection(*PolicyOf(DirectSpec()), ConnectionFrom("10.10.4.7")).allowed);
}

TEST(EvaluateModeTest, DirectlyNobodyIsTrustedButEdges) {
  PolicySpec spec = DirectSpec();
  spec.trusted_peers = {"10.10.8.0/24"};
  const std::shared_ptr<const Policy> policy = PolicyOf(spec);
  RequestBuilder request = UnbalancedRequest();
  for (const std::string_view peer : {"10.10.8.96", "203.0.113.9", "127.0.0.1"}) {
    const Verdict verdict = Evaluate(*policy, request.view(), ConnectionFrom(peer));
    EXPECT_EQ(WordOf(verdict), "edge_not_in_ranges") << peer;
    EXPECT_FALSE(verdict.viewer.has_value()) << peer;
  }
  // In this mode a PROXY header is ignored.
  ConnectionFacts connection = ConnectionFrom("203.0.113.9");
  connection.proxy_header = ProxyHeader::kSource;
  connection.proxy_source = AddressOf("130.176.114.52");
  EXPECT_EQ(WordOf(Evaluate(*policy, request.view(), connection)), "edge_not_in_ranges");
}

TEST(EvaluateModeTest, WithoutAnAlbTheLastMemberIsTheViewer) {
  for (const std::string_view forwarded :
       {"198.51.100.10", "127.0.0.1, 130.176.114.52, 198.51.100.10", "198.51.100.10:443"}) {
    RequestBuilder request = UnbalancedRequest();
    request.Set("x-forwarded-for", forwarded);
    const ip::IpAddress viewer = AddressOf("198.51.100.10");
    EXPECT_EQ(Evaluate(*PolicyOf(NlbSpec()), request.view(), NlbConnection()).viewer, viewer) << forwarded;
    EXPECT_EQ(Evaluate(*PolicyOf(DirectSpec()), request.view(), DirectConnection()).viewer, viewer) << forwarded;
  }
}

}  // namespace
}  // namespace viaduct::filter
