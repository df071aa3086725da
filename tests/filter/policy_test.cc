#include "filter/policy.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/filter/request_builder.h"

namespace viaduct::filter {
namespace {

std::string ErrorOf(const PolicySpec& spec) { return Policy::Create(spec).error().message; }

TEST(PolicyTest, ErrorsBeginWithThePathOfTheField) {
  PolicySpec spec = GenuineSpec();
  spec.trusted_peers = {"10.10.8.0/24", "10.10.9.0/24", "10.0.0.0/33"};
  EXPECT_EQ(ErrorOf(spec), R"(trusted_peers[2]: "10.0.0.0/33": prefix length exceeds 32)");

  spec = GenuineSpec();
  spec.trusted_peers.clear();
  EXPECT_EQ(ErrorOf(spec), "trusted_peers: at least one prefix is required: the balancer's subnets");

  spec.mode = EdgeMode::kNlb;
  EXPECT_EQ(ErrorOf(spec), "trusted_peers: at least one prefix is required: the balancer's subnets");

  spec = NlbSpec();
  spec.enforcements.trusted_peer = Enforcement::kMonitor;
  EXPECT_EQ(ErrorOf(spec),
            "trusted_peer: must be ENFORCE in mode NLB, where only a trusted peer's PROXY header is read");

  spec = GenuineSpec();
  spec.extra_edges = {"127.0.0.1"};
  EXPECT_EQ(ErrorOf(spec), R"(edge_ranges.extra[0]: "127.0.0.1": has no "/" and prefix length)");

  spec = GenuineSpec();
  spec.edge_ranges = {};
  EXPECT_EQ(ErrorOf(spec), "edge_ranges: at least one prefix is required; without any, no edge is known");

  spec = GenuineSpec();
  spec.hosts = {"a:80"};
  EXPECT_EQ(ErrorOf(spec), R"(hosts[0]: "a:80": must not have a port)");

  spec = GenuineSpec();
  spec.origins = {"null", "https://a:x"};
  EXPECT_EQ(ErrorOf(spec), R"(origins[1]: "https://a:x": its port is not a number up to 65535)");
}

TEST(PolicyTest, PeersAndEdgesAreDifferentSets) {
  const std::shared_ptr<const Policy> policy = PolicyOf(GenuineSpec());
  EXPECT_TRUE(policy->TrustsPeer(AddressOf("10.10.8.96")));
  EXPECT_TRUE(policy->TrustsPeer(AddressOf("10.10.9.255")));
  EXPECT_FALSE(policy->TrustsPeer(AddressOf("10.10.10.0")));
  EXPECT_FALSE(policy->TrustsPeer(AddressOf("130.176.114.52")));
  EXPECT_TRUE(policy->IsEdge(AddressOf("130.176.114.52")));
  EXPECT_FALSE(policy->IsEdge(AddressOf("10.10.8.96")));
}

TEST(PolicyTest, OnlyTheNetworkBalancersHeaderIsRead) {
  EXPECT_TRUE(PolicyOf(NlbSpec())->ReadsProxyHeader(AddressOf("10.10.8.96")));
  EXPECT_FALSE(PolicyOf(NlbSpec())->ReadsProxyHeader(AddressOf("130.176.114.52")));
  EXPECT_FALSE(PolicyOf(GenuineSpec())->ReadsProxyHeader(AddressOf("10.10.8.96")));
  PolicySpec direct = DirectSpec();
  direct.trusted_peers = {"10.10.8.0/24"};
  EXPECT_FALSE(PolicyOf(direct)->ReadsProxyHeader(AddressOf("10.10.8.96")));
}

TEST(PolicyTest, TrustedPeersMayAskForHealthAndInModeNlbOnlyBehindAHeader) {
  const std::shared_ptr<const Policy> alb = PolicyOf(GenuineSpec());
  EXPECT_TRUE(alb->MayAskForHealth(ConnectionFrom("10.10.8.96")));
  EXPECT_FALSE(alb->MayAskForHealth(ConnectionFrom("192.0.2.1")));

  const std::shared_ptr<const Policy> nlb = PolicyOf(NlbSpec());
  ConnectionFacts connection = ConnectionFrom("10.10.8.96");
  for (const auto [header, allowed] : {std::pair(ProxyHeader::kNone, false), std::pair(ProxyHeader::kMalformed, false),
                                       std::pair(ProxyHeader::kLocal, true), std::pair(ProxyHeader::kSource, true)}) {
    connection.proxy_header = header;
    EXPECT_EQ(nlb->MayAskForHealth(connection), allowed) << static_cast<int>(header);
  }
  connection.peer = AddressOf("192.0.2.1");
  EXPECT_FALSE(nlb->MayAskForHealth(connection));

  PolicySpec direct = DirectSpec();
  EXPECT_FALSE(PolicyOf(direct)->MayAskForHealth(DirectConnection()));
  direct.trusted_peers = {"10.10.8.0/24"};
  EXPECT_TRUE(PolicyOf(direct)->MayAskForHealth(ConnectionFrom("10.10.8.96")));
  EXPECT_FALSE(PolicyOf(direct)->MayAskForHealth(DirectConnection()));
}

TEST(PolicyTest, ExtraEdgesAddToThePublishedOnes) {
  PolicySpec spec = GenuineSpec();
  spec.extra_edges = {"127.0.0.0/8", "::1/128"};
  const std::shared_ptr<const Policy> policy = PolicyOf(spec);
  for (const std::string_view edge : {"127.0.0.1", "::1", "130.176.114.52"}) {
    EXPECT_TRUE(policy->IsEdge(AddressOf(edge))) << edge;
  }
  spec.edge_ranges = {};
  EXPECT_TRUE(PolicyOf(spec)->IsEdge(AddressOf("127.0.0.1")));
  EXPECT_FALSE(PolicyOf(spec)->IsEdge(AddressOf("130.176.114.52")));
}

TEST(PolicyTest, APeerIsTrustedOrNotWhateverTheEnforcement) {
  PolicySpec spec = GenuineSpec();
  spec.enforcements.trusted_peer = Enforcement::kOff;
  EXPECT_FALSE(PolicyOf(spec)->TrustsPeer(AddressOf("192.0.2.1")));
}

TEST(PolicyTest, EveryCheckIsEnforcedUnlessSaidOtherwise) {
  const CheckEnforcements enforcements;
  for (const Enforcement enforcement :
       {enforcements.trusted_peer, enforcements.edge_range, enforcements.via, enforcements.cf_id, enforcements.host,
        enforcements.origin, enforcements.secret}) {
    EXPECT_EQ(enforcement, Enforcement::kEnforce);
  }
}

}  // namespace
}  // namespace viaduct::filter
