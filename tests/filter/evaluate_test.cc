#include "filter/evaluate.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tests/filter/request_builder.h"
#include "tests/filter/request_cases.h"

namespace viaduct::filter {
namespace {

// Returns the verdict on a request of the genuine peer under the genuine policy, in one word.
std::string Judged(RequestBuilder& request) {
  const std::shared_ptr<const Policy> policy = PolicyOf(GenuineSpec());
  return WordOf(Evaluate(*policy, request.view(), GenuineConnection()));
}

TEST(EvaluateTest, TheGenuineRequestIsAllowed) {
  RequestBuilder request = GenuineRequest();
  const std::shared_ptr<const Policy> policy = PolicyOf(GenuineSpec());
  const Verdict verdict = Evaluate(*policy, request.view(), GenuineConnection());
  EXPECT_TRUE(verdict.allowed);
  EXPECT_TRUE(verdict.would_deny.empty());
  EXPECT_EQ(verdict.edge, AddressOf("130.176.114.52"));
  EXPECT_EQ(verdict.viewer, AddressOf("2001:db8::7334"));
}

TEST(EvaluateTest, TheGenuineRequestIsAllowedFromEachEdgeThatWasSeen) {
  for (const std::string_view edge : {"130.176.119.40", "130.176.116.164", "130.176.118.52", "130.176.114.52"}) {
    RequestBuilder request = GenuineRequest();
    request.Set("x-forwarded-for", "198.51.100.10, " + std::string(edge));
    EXPECT_EQ(Judged(request), "allowed") << edge;
  }
}

TEST(EvaluateTest, EachAttackIsDeniedForItsReasonAndNothingHonestIs) {
  for (const ModeCase& mode : Modes()) {
    const std::shared_ptr<const Policy> policy = PolicyOf(mode.spec);
    for (const std::span<const RequestCase> cases : {mode.forwarded_cases, CommonCases()}) {
      for (const RequestCase& c : cases) {
        RequestBuilder request = mode.request();
        c.change(request);
        EXPECT_EQ(WordOf(Evaluate(*policy, request.view(), mode.connection)), c.verdict) << mode.name << ": " << c.what;
      }
    }
  }
}

// Envoy passes on Via and X-Forwarded-For as one line each, and X-Amz-Cf-Id unchanged.
TEST(EvaluateTest, JoinedLinesAreJudgedAsSeparateOnes) {
  for (const ModeCase& mode : Modes()) {
    const std::shared_ptr<const Policy> policy = PolicyOf(mode.spec);
    for (const std::span<const RequestCase> cases : {mode.forwarded_cases, CommonCases()}) {
      for (const RequestCase& c : cases) {
        RequestBuilder request = mode.request();
        c.change(request);
        request.Join("via").Join("x-forwarded-for");
        EXPECT_EQ(WordOf(Evaluate(*policy, request.view(), mode.connection)), c.verdict) << mode.name << ": " << c.what;
      }
    }
  }
}

// An identity that is present twice is not one, whether or not a proxy may join lines.
TEST(EvaluateTest, SingleFieldsJoinedIntoOneLineAreDeniedToo) {
  for (const std::string_view name : {"x-amz-cf-id", "host", "origin", "x-origin-verify"}) {
    RequestBuilder request = GenuineRequest();
    request.Add("x-origin-verify", kCurrentSecret).Add(name, "d1fhfqyui9h81a.cloudfront.net");
    const std::shared_ptr<const Policy> policy = PolicyOf(WithSecret(GenuineSpec()));
    EXPECT_FALSE(Evaluate(*policy, request.view(), GenuineConnection()).allowed) << name;
    request.Join(name);
    EXPECT_FALSE(Evaluate(*policy, request.view(), GenuineConnection()).allowed) << name;
  }
}

TEST(EvaluateTest, TheSecretTellsOurDistributionFromOthers) {
  using Change = std::function<void(RequestBuilder&)>;
  struct Case {
    std::string_view what;
    Change change;
    std::string_view verdict;
    std::optional<std::uint8_t> generation;
  };
  const Case cases[] = {
      {"the current value", [](auto& r) { r.Add("X-Origin-Verify", kCurrentSecret); }, "allowed", 0},
      {"the next value", [](auto& r) { r.Add("x-origin-verify", kNextSecret); }, "allowed", 1},
      {"another distribution", [](auto&) {}, "secret_missing", std::nullopt},
      {"another distribution with its own", [](auto& r) { r.Add("X-Origin-Verify", "0123456789abcdef"); },
       "secret_wrong", std::nullopt},
      {"an empty one", [](auto& r) { r.Add("X-Origin-Verify", ""); }, "secret_wrong", std::nullopt},
      {"a value that begins alike", [](auto& r) { r.Add("X-Origin-Verify", std::string(kCurrentSecret) + "x"); },
       "secret_wrong", std::nullopt},
      {"two lines", [](auto& r) { r.Add("X-Origin-Verify", kCurrentSecret).Add("X-ORIGIN-VERIFY", kCurrentSecret); },
       "secret_repeated", std::nullopt},
      {"two lines joined",
       [](auto& r) { r.Add("X-Origin-Verify", std::string(kCurrentSecret) + ", " + std::string(kCurrentSecret)); },
       "secret_wrong", std::nullopt},
      {"an alias alone", [](auto& r) { r.Add("X_Origin_Verify", kCurrentSecret); }, "secret_missing", std::nullopt},
      {"Connection names it",
       [](auto& r) { r.Add("X-Origin-Verify", kCurrentSecret).Set("connection", "upgrade, X-Origin-Verify"); },
       "connection_names_trusted_field", 0},
      {"the right one from another site's page",
       [](auto& r) { r.Add("X-Origin-Verify", kCurrentSecret).Set("origin", "https://evil.example"); },
       "origin_not_allowed", 0},
  };
  const std::shared_ptr<const Policy> policy = PolicyOf(WithSecret(GenuineSpec()));
  for (const Case& c : cases) {
    RequestBuilder request = GenuineRequest();
    c.change(request);
    const Verdict verdict = Evaluate(*policy, request.view(), GenuineConnection());
    EXPECT_EQ(WordOf(verdict), c.verdict) << c.what;
    EXPECT_EQ(verdict.secret_generation, c.generation) << c.what;
  }
}

TEST(EvaluateTest, PeersOutsideTheBalancersSubnetsAreDenied) {
  const std::shared_ptr<const Policy> policy = PolicyOf(GenuineSpec());
  RequestBuilder request = GenuineRequest();
  // A workload beside the balancer, an edge itself, the viewer itself, and this machine.
  for (const std::string_view peer : {"10.10.10.96", "130.176.114.52", "2001:db8::7334", "127.0.0.1", "::1"}) {
    const Verdict verdict = Evaluate(*policy, request.view(), ConnectionFrom(peer));
    EXPECT_FALSE(verdict.allowed) << peer;
    EXPECT_EQ(verdict.reason, DenyReason::kUntrustedPeer) << peer;
    EXPECT_FALSE(verdict.viewer.has_value()) << peer;
  }
  // The form in which a dual-stack socket shows the balancer.
  EXPECT_TRUE(Evaluate(*policy, request.view(), ConnectionFrom("::ffff:10.10.8.96")).allowed);
}

// Returns a request that fails every check that can be relaxed, and only those.
RequestBuilder BrokenRequest() {
  RequestBuilder request = GenuineRequest();
  request.Set("x-forwarded-for", "198.51.100.10, 203.0.113.9")
      .Set("via", "1.1 evil")
      .Remove("x-amz-cf-id")
      .Set("host", "evil.example")
      .Set("origin", "https://evil.example");
  return request;
}

struct Relaxable {
  Enforcement CheckEnforcements::* enforcement;
  DenyReason reason;
};

constexpr Relaxable kRelaxable[] = {
    {&CheckEnforcements::trusted_peer, DenyReason::kUntrustedPeer},
    {&CheckEnforcements::edge_range, DenyReason::kEdgeNotInRanges},
    {&CheckEnforcements::via, DenyReason::kViaNotCloudFront},
    {&CheckEnforcements::cf_id, DenyReason::kCfIdMissing},
    {&CheckEnforcements::host, DenyReason::kHostNotAllowed},
    {&CheckEnforcements::origin, DenyReason::kOriginNotAllowed},
    {&CheckEnforcements::secret, DenyReason::kSecretMissing},
};

CheckEnforcements All(Enforcement enforcement) {
  return {enforcement, enforcement, enforcement, enforcement, enforcement, enforcement, enforcement};
}

TEST(EvaluateTest, EachCheckIsEnforcedMonitoredOrOff) {
  for (const Relaxable& one : kRelaxable) {
    PolicySpec spec = WithSecret(GenuineSpec());
    RequestBuilder request = BrokenRequest();

    spec.enforcements = All(Enforcement::kOff);
    spec.enforcements.*one.enforcement = Enforcement::kEnforce;
    const Verdict enforced = Evaluate(*PolicyOf(spec), request.view(), ConnectionFrom("192.0.2.1"));
    EXPECT_FALSE(enforced.allowed);
    EXPECT_EQ(enforced.reason, one.reason);
    EXPECT_TRUE(enforced.would_deny.empty());

    spec.enforcements.*one.enforcement = Enforcement::kMonitor;
    const Verdict monitored = Evaluate(*PolicyOf(spec), request.view(), ConnectionFrom("192.0.2.1"));
    DenyReasonSet expected;
    expected.Add(one.reason);
    EXPECT_TRUE(monitored.allowed);
    EXPECT_EQ(monitored.would_deny, expected) << kDenyReasons.Name(one.reason);

    spec.enforcements.*one.enforcement = Enforcement::kOff;
    const Verdict off = Evaluate(*PolicyOf(spec), request.view(), ConnectionFrom("192.0.2.1"));
    EXPECT_TRUE(off.allowed);
    EXPECT_TRUE(off.would_deny.empty());
  }
}

TEST(EvaluateTest, TheFirstEnforcedFailureDecidesAndOnlyEarlierOnesAreMonitored) {
  for (std::size_t i = 0; i < std::size(kRelaxable); ++i) {
    PolicySpec spec = WithSecret(GenuineSpec());
    spec.enforcements = All(Enforcement::kMonitor);
    spec.enforcements.*kRelaxable[i].enforcement = Enforcement::kEnforce;
    RequestBuilder request = BrokenRequest();
    const Verdict verdict = Evaluate(*PolicyOf(spec), request.view(), ConnectionFrom("192.0.2.1"));
    DenyReasonSet earlier;
    for (std::size_t j = 0; j < i; ++j) earlier.Add(kRelaxable[j].reason);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_EQ(verdict.reason, kRelaxable[i].reason);
    EXPECT_EQ(verdict.would_deny, earlier) << kDenyReasons.Name(verdict.reason);
  }
}

TEST(EvaluateTest, FieldNamesAreJudgedEvenIfEverythingElseIsOff) {
  PolicySpec spec = GenuineSpec();
  spec.enforcements = All(Enforcement::kOff);
  RequestBuilder request = GenuineRequest();
  request.Add("Connection", "via");
  EXPECT_EQ(Evaluate(*PolicyOf(spec), request.view(), GenuineConnection()).reason,
            DenyReason::kConnectionNamesTrustedField);
  request = GenuineRequest();
  request.Add("X_Amz_Cf_Id", "forged");
  const Verdict verdict = Evaluate(*PolicyOf(spec), request.view(), GenuineConnection());
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.reason, DenyReason::kTrustedFieldAlias);
}

TEST(EvaluateTest, TheViewerIsNamedOnlyWhenPeerAndEdgeCanBeBelieved) {
  PolicySpec spec = GenuineSpec();
  for (const Enforcement relaxed : {Enforcement::kMonitor, Enforcement::kOff}) {
    spec.enforcements = All(relaxed);
    const std::shared_ptr<const Policy> policy = PolicyOf(spec);
    RequestBuilder request = GenuineRequest();
    EXPECT_EQ(Evaluate(*policy, request.view(), GenuineConnection()).viewer, AddressOf("2001:db8::7334"));

    const Verdict untrusted = Evaluate(*policy, request.view(), ConnectionFrom("192.0.2.1"));
    EXPECT_TRUE(untrusted.allowed);
    EXPECT_FALSE(untrusted.viewer.has_value());

    request.Set("x-forwarded-for", "198.51.100.10, 203.0.113.9");
    const Verdict no_edge = Evaluate(*policy, request.view(), GenuineConnection());
    EXPECT_TRUE(no_edge.allowed);
    EXPECT_FALSE(no_edge.viewer.has_value());
    EXPECT_EQ(no_edge.edge, AddressOf("203.0.113.9"));
  }
}

TEST(EvaluateTest, ADenialTellsWhoSpokeToTheBalancer) {
  const std::shared_ptr<const Policy> policy = PolicyOf(GenuineSpec());
  RequestBuilder request = GenuineRequest();
  request.Set("x-forwarded-for", "203.0.113.9:1234");
  const Verdict direct = Evaluate(*policy, request.view(), GenuineConnection());
  EXPECT_EQ(direct.reason, DenyReason::kAlbPreservesXff);
  EXPECT_EQ(direct.edge, AddressOf("203.0.113.9"));
  request.Set("x-forwarded-for", "unknown");
  EXPECT_EQ(Evaluate(*policy, request.view(), GenuineConnection()).edge, ip::IpAddress());
}

TEST(EvaluateTest, EmptyListsAllowAnyHostAndOriginButNoAmbiguousOne) {
  PolicySpec spec = GenuineSpec();
  spec.hosts.clear();
  spec.origins.clear();
  const std::shared_ptr<const Policy> policy = PolicyOf(spec);
  RequestBuilder request = GenuineRequest();
  request.Set("host", "any.example").Set("origin", "https://other.example");
  EXPECT_TRUE(Evaluate(*policy, request.view(), GenuineConnection()).allowed);

  request.Add("Host", "any.example");
  EXPECT_EQ(Evaluate(*policy, request.view(), GenuineConnection()).reason, DenyReason::kHostNotAllowed);
  request.Remove("Host").Set("host", "a b");
  EXPECT_EQ(Evaluate(*policy, request.view(), GenuineConnection()).reason, DenyReason::kHostNotAllowed);
  request.Set("host", "any.example").Add("Origin", "https://other.example");
  EXPECT_EQ(Evaluate(*policy, request.view(), GenuineConnection()).reason, DenyReason::kOriginRepeated);
}

TEST(EvaluateTest, SameHostComparesOriginAndHost) {
  PolicySpec spec = GenuineSpec();
  spec.hosts.clear();
  spec.origins = {"same-host"};
  const std::shared_ptr<const Policy> policy = PolicyOf(spec);
  RequestBuilder request = GenuineRequest();
  EXPECT_TRUE(Evaluate(*policy, request.view(), GenuineConnection()).allowed);
  request.Set("host", "chat.example.com:8080").Set("origin", "https://chat.example.com");
  EXPECT_TRUE(Evaluate(*policy, request.view(), GenuineConnection()).allowed);
  request.Set("origin", "https://evil.example");
  EXPECT_EQ(Evaluate(*policy, request.view(), GenuineConnection()).reason, DenyReason::kOriginNotAllowed);

  // Without one Host there is nothing to compare with.
  spec.enforcements.host = Enforcement::kOff;
  request.Set("origin", "https://chat.example.com").Add("Host", "chat.example.com");
  EXPECT_EQ(Evaluate(*PolicyOf(spec), request.view(), GenuineConnection()).reason, DenyReason::kOriginNotAllowed);
}

TEST(EvaluateTest, AHugeForwardedForIsReadFromItsEnd) {
  std::string members;
  for (int i = 0; i < 10'000; ++i) members += "127.0.0.1, ";
  RequestBuilder request = GenuineRequest();
  request.Set("x-forwarded-for", members + "198.51.100.10, 130.176.114.52");
  EXPECT_EQ(Judged(request), "allowed");
  request.Set("x-forwarded-for", members + "130.176.114.52, 198.51.100.10");
  EXPECT_EQ(Judged(request), "edge_not_in_ranges");
}

TEST(EvaluateTest, ARequestWithoutFieldsIsDenied) {
  RequestBuilder request;
  EXPECT_EQ(Judged(request), "xff_missing");
}

}  // namespace
}  // namespace viaduct::filter
