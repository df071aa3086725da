#include "filter/envoy_module/vpc_origin_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "tests/filter/envoy_module/fake_host.h"
#include "tests/filter/request_builder.h"
#include "tests/filter/request_cases.h"

namespace viaduct::filter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

FakeHost Asked(const VpcOriginFilter& filter, RequestBuilder request) {
  FakeHost host(std::move(request));
  host.went_on = filter.OnRequestHeaders(host);
  return host;
}

FakeHost Asked(const PolicySpec& spec, RequestBuilder request) {
  return Asked(VpcOriginFilter(PolicyOf(spec)), std::move(request));
}

TEST(VpcOriginFilterTest, TheGenuineRequestGoesOnWithTheViewersAddress) {
  const FakeHost host = Asked(GenuineSpec(), GenuineRequest());
  EXPECT_TRUE(host.went_on);
  EXPECT_EQ(host.allowed, 1);
  EXPECT_THAT(host.ValuesOf("x-viaduct-viewer-address"), ElementsAre("2001:db8::7334"));
  EXPECT_THAT(host.metadata, UnorderedElementsAre(Pair("viewer", "2001:db8::7334"), Pair("edge", "130.176.114.52")));
  EXPECT_THAT(host.log, IsEmpty());
}

TEST(VpcOriginFilterTest, EachRequestOfTheTableHasItsVerdict) {
  for (const ModeCase& mode : Modes()) {
    const VpcOriginFilter filter(PolicyOf(mode.spec));
    for (const std::span<const RequestCase> cases : {mode.forwarded_cases, CommonCases()}) {
      for (const RequestCase& c : cases) {
        RequestBuilder request = mode.request();
        c.change(request);
        // Envoy knows an upgrade by its fields.
        if (!request.view().is_upgrade) request.Remove("upgrade");
        FakeHost host(request);
        host.ComeFrom(mode.connection);
        const bool went_on = filter.OnRequestHeaders(host);
        EXPECT_EQ(went_on ? "allowed" : host.denied, c.verdict) << mode.name << ": " << c.what;
        EXPECT_EQ(host.replies, went_on ? 0 : 1) << mode.name << ": " << c.what;
      }
    }
  }
}

TEST(VpcOriginFilterTest, ADenialIsAnsweredCountedAndExplained) {
  const FakeHost host = Asked(GenuineSpec(), GenuineRequest().Remove("via"));
  EXPECT_FALSE(host.went_on);
  EXPECT_EQ(host.status, 403u);
  EXPECT_EQ(host.body, "forbidden\n");
  EXPECT_EQ(host.details, "vpc_origin_denied{via_missing}");
  EXPECT_EQ(host.denied, "via_missing");
  EXPECT_EQ(host.allowed, 0);
  EXPECT_EQ(host.metadata.at("reason"), "via_missing");
}

TEST(VpcOriginFilterTest, DetailsAndLabelsHaveLettersOnly) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  for (const DenyReason reason : kDenyReasons) {
    const std::string_view name = kDenyReasons.Name(reason);
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), is_plain)) << name;
  }
}

TEST(VpcOriginFilterTest, InMonitorARequestGoesOnAndIsCounted) {
  PolicySpec spec = GenuineSpec();
  spec.enforcements.via = Enforcement::kMonitor;
  spec.enforcements.host = Enforcement::kMonitor;
  const FakeHost host = Asked(spec, GenuineRequest().Remove("via").Set("host", "evil.example"));
  EXPECT_TRUE(host.went_on);
  EXPECT_THAT(host.would_deny, ElementsAre("via_missing", "host_not_allowed"));
  EXPECT_EQ(host.metadata.at("would_deny"), "via_missing,host_not_allowed");
  EXPECT_EQ(host.allowed, 1);
}

TEST(VpcOriginFilterTest, TheSecretGoesNoFurtherAndItsGenerationIsKept) {
  const FakeHost host =
      Asked(WithSecret(GenuineSpec()), GenuineRequest().Add("X-Origin-Verify", std::string(kNextSecret)));
  EXPECT_TRUE(host.went_on);
  EXPECT_THAT(host.ValuesOf("x-origin-verify"), IsEmpty());
  EXPECT_EQ(host.metadata.at("secret_generation"), "next");
}

TEST(VpcOriginFilterTest, AllCopiesOfTheViewersOwnAddressAreReplaced) {
  const FakeHost host = Asked(
      GenuineSpec(),
      GenuineRequest().Prepend("x-viaduct-viewer-address", "127.0.0.1").Add("X-Viaduct-Viewer-Address", "127.0.0.2"));
  EXPECT_THAT(host.ValuesOf("x-viaduct-viewer-address"), ElementsAre("2001:db8::7334"));
}

TEST(VpcOriginFilterTest, AnUnprovenViewerIsNotPassedOn) {
  PolicySpec spec = GenuineSpec();
  spec.enforcements.trusted_peer = Enforcement::kMonitor;
  FakeHost host(GenuineRequest().Add("x-viaduct-viewer-address", "127.0.0.1"));
  host.ComeFrom(ConnectionFrom("10.10.4.7"));
  EXPECT_TRUE(VpcOriginFilter(PolicyOf(spec)).OnRequestHeaders(host));
  EXPECT_THAT(host.ValuesOf("x-viaduct-viewer-address"), IsEmpty());
}

TEST(VpcOriginFilterTest, AHiddenPeerIsDeniedAndSaidOnce) {
  const VpcOriginFilter filter(PolicyOf(GenuineSpec()));
  for (int i = 0; i < 2; ++i) {
    FakeHost host(GenuineRequest());
    // Envoy 1.38 without use_remote_address: somebody whom X-Forwarded-For names.
    host.tells_direct_peer = false;
    host.client = {"2001:db8::7334", 0};
    EXPECT_FALSE(filter.OnRequestHeaders(host));
    EXPECT_EQ(host.details, "vpc_origin_denied{peer_not_visible}");
    EXPECT_EQ(host.metadata.at("reason"), "peer_not_visible");
    if (i == 0) {
      EXPECT_THAT(host.log, ElementsAre(HasSubstr("use_remote_address: true and skip_xff_append: true")));
    } else {
      EXPECT_THAT(host.log, IsEmpty());
    }
  }
}

TEST(VpcOriginFilterTest, AHiddenPeerProvesNothingInMonitor) {
  PolicySpec spec = GenuineSpec();
  spec.trusted_peers = {"::/0"};
  spec.enforcements.trusted_peer = Enforcement::kMonitor;
  FakeHost host(GenuineRequest());
  host.tells_direct_peer = false;
  host.client = {"2001:db8::7334", 0};
  EXPECT_TRUE(VpcOriginFilter(PolicyOf(spec)).OnRequestHeaders(host));
  EXPECT_THAT(host.ValuesOf("x-viaduct-viewer-address"), IsEmpty());
}

TEST(VpcOriginFilterTest, AnAddressOfNoIpSocketIsAHiddenPeer) {
  for (const std::string_view address : {"", "/run/envoy.sock", "envoy://internal"}) {
    FakeHost host(GenuineRequest());
    host.direct_peer = {address, 0};
    EXPECT_FALSE(VpcOriginFilter(PolicyOf(GenuineSpec())).OnRequestHeaders(host)) << address;
    EXPECT_EQ(host.denied, "peer_not_visible") << address;
  }
}

TEST(VpcOriginFilterTest, OlderEnvoysShowThePeerAsTheClient) {
  FakeHost host(GenuineRequest());
  host.tells_direct_peer = false;
  host.client = {"10.10.8.96", 40000};
  EXPECT_TRUE(VpcOriginFilter(PolicyOf(GenuineSpec())).OnRequestHeaders(host));
}

TEST(VpcOriginFilterTest, AProxyHeaderWithoutASourceIsNone) {
  FakeHost host(UnbalancedRequest());
  host.direct_peer = {"10.10.8.96:40000", 40000};
  host.client = {"10.10.8.96", 40000};
  EXPECT_FALSE(VpcOriginFilter(PolicyOf(NlbSpec())).OnRequestHeaders(host));
  EXPECT_EQ(host.denied, "proxy_header_missing");
}

TEST(VpcOriginFilterTest, AClientFromAHeaderIsNotTheSourceOfAProxyHeader) {
  FakeHost host(UnbalancedRequest());
  host.direct_peer = {"10.10.8.96:40000", 40000};
  host.client = {"130.176.114.52", 0};
  EXPECT_FALSE(VpcOriginFilter(PolicyOf(NlbSpec())).OnRequestHeaders(host));
  EXPECT_EQ(host.denied, "peer_not_visible");
}

TEST(VpcOriginFilterTest, AnAppendedPeerIsSaidOnceByTheNameOfTheSetting) {
  const VpcOriginFilter alb(PolicyOf(GenuineSpec()));
  for (int i = 0; i < 2; ++i) {
    const FakeHost host =
        Asked(alb, GenuineRequest().Set("x-forwarded-for", "2001:db8::7334, 130.176.114.52,10.10.8.96"));
    EXPECT_EQ(host.denied, "edge_not_in_ranges");
    EXPECT_EQ(host.log.size(), i == 0 ? 1u : 0u);
    if (i == 0) {
      EXPECT_THAT(host.log, ElementsAre(HasSubstr("set skip_xff_append: true")));
    }
  }
}

TEST(VpcOriginFilterTest, AnAppendedEdgeIsNoViewer) {
  FakeHost host(UnbalancedRequest().Set("x-forwarded-for", "2001:db8::7334,130.176.114.52"));
  host.ComeFrom(DirectConnection());
  EXPECT_TRUE(VpcOriginFilter(PolicyOf(DirectSpec())).OnRequestHeaders(host));
  EXPECT_THAT(host.ValuesOf("x-viaduct-viewer-address"), IsEmpty());
  EXPECT_THAT(host.log, ElementsAre(HasSubstr("set skip_xff_append: true")));
}

TEST(VpcOriginFilterTest, ThreadsShareIt) {
  const VpcOriginFilter filter(PolicyOf(WithSecret(GenuineSpec())));
  std::vector<std::thread> threads;
  std::vector<int> allowed(4);
  for (int& count : allowed) {
    threads.emplace_back([&filter, &count] {
      for (int i = 0; i < 100; ++i) {
        FakeHost host(GenuineRequest()
                          .Add("x-origin-verify", std::string(kCurrentSecret))
                          .Set("x-forwarded-for", i % 2 == 0 ? "2001:db8::7334, 130.176.114.52" : "10.10.8.96"));
        count += filter.OnRequestHeaders(host) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(allowed, ElementsAre(50, 50, 50, 50));
}

}  // namespace
}  // namespace viaduct::filter
