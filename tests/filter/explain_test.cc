#include "filter/explain.h"

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filter/evaluate.h"
#include "tests/filter/request_builder.h"
#include "tests/filter/request_cases.h"
#include "text/closed_list.h"

namespace viaduct::filter {
namespace {

using Result = CheckOutcome::Result;

// Returns the outcome of one check for a request under a policy.
CheckOutcome OutcomeOf(std::string_view check, const PolicySpec& spec, RequestBuilder& request,
                       const ConnectionFacts& connection) {
  for (CheckOutcome& outcome : Explain(*PolicyOf(spec), request.view(), connection).checks) {
    if (outcome.check == check) return outcome;
  }
  ADD_FAILURE() << "no check " << check;
  return {};
}

void ExpectAgreement(const Policy& policy, const RequestView& request, const ConnectionFacts& connection,
                     std::string_view what) {
  const Verdict verdict = Evaluate(policy, request, connection);
  const Explanation explanation = Explain(policy, request, connection);
  EXPECT_EQ(explanation.verdict.allowed, verdict.allowed) << what;
  DenyReasonSet would_deny;
  std::string first_denial = "allowed";
  std::string facts;
  for (const CheckOutcome& outcome : explanation.checks) {
    EXPECT_FALSE(outcome.facts.empty()) << what << " " << outcome.check;
    EXPECT_EQ(outcome.reason.has_value(), outcome.result == Result::kDenied || outcome.result == Result::kWouldDeny);
    if (outcome.result == Result::kWouldDeny) would_deny.Add(*outcome.reason);
    if (outcome.result != Result::kDenied) continue;
    first_denial = kDenyReasons.Name(*outcome.reason);
    facts = outcome.facts;
    break;
  }
  EXPECT_EQ(first_denial, WordOf(verdict)) << what;
  EXPECT_EQ(would_deny, verdict.would_deny) << what;
  EXPECT_EQ(DenialFacts(policy, request, connection), facts) << what;
}

constexpr auto kResults = text::ClosedListOf<CheckOutcome::Result>({
    {CheckOutcome::Result::kPassed, "passed"},
    {CheckOutcome::Result::kDenied, "denied"},
    {CheckOutcome::Result::kWouldDeny, "would_deny"},
    {CheckOutcome::Result::kNotMade, "not_made"},
});

TEST(ExplainTest, NeverDiffersFromEvaluate) {
  for (const ModeCase& mode : Modes()) {
    PolicySpec monitored = WithSecret(mode.spec);
    monitored.enforcements.edge_range = Enforcement::kMonitor;
    monitored.enforcements.via = Enforcement::kOff;
    monitored.enforcements.secret = Enforcement::kMonitor;
    for (const PolicySpec& spec : {mode.spec, WithSecret(mode.spec), monitored}) {
      const std::shared_ptr<const Policy> policy = PolicyOf(spec);
      for (const std::span<const RequestCase> cases : {mode.forwarded_cases, CommonCases()}) {
        for (const RequestCase& c : cases) {
          RequestBuilder request = mode.request();
          c.change(request);
          ExpectAgreement(*policy, request.view(), mode.connection, c.what);
          ExpectAgreement(*policy, request.view(), ConnectionFrom("192.0.2.1"), c.what);
        }
      }
    }
  }
}

TEST(ExplainTest, TheGenuineRequestPassesEveryCheckInTheirOrder) {
  RequestBuilder request = GenuineRequest();
  request.Add("X-Origin-Verify", kNextSecret);
  const Explanation explanation = Explain(*PolicyOf(WithSecret(GenuineSpec())), request.view(), GenuineConnection());
  EXPECT_TRUE(explanation.verdict.allowed);
  const std::vector<std::pair<std::string_view, std::string_view>> expected = {
      {"trusted_peer", "the peer is 10.10.8.96, in 10.10.8.0/23 of trusted_peers"},
      {"proxy_header", "only mode NLB has a PROXY header"},
      {"field_names", "Connection and the field names hide no field that decisions rest on"},
      {"edge_range",
       "the last member of X-Forwarded-For is 130.176.114.52, in 130.176.86.0-130.176.137.255 of CloudFront's ranges; "
       "the viewer's "
       "member is 2001:db8::7334"},
      {"via", "the last member of Via is \"1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\""},
      {"cf_id", "X-Amz-Cf-Id is \"3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\""},
      {"host", "Host is \"d1fhfqyui9h81a.cloudfront.net\""},
      {"origin", "Origin is \"https://d1fhfqyui9h81a.cloudfront.net\""},
      {"secret", "x-origin-verify is the value named next"},
  };
  ASSERT_EQ(explanation.checks.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(explanation.checks[i].check, expected[i].first);
    EXPECT_EQ(explanation.checks[i].facts, expected[i].second);
    EXPECT_EQ(explanation.checks[i].result, Result::kPassed) << expected[i].first;
    EXPECT_EQ(explanation.checks[i].enforcement, Enforcement::kEnforce) << expected[i].first;
  }
}

TEST(ExplainTest, ChecksBehindTheDenyingOneSpeakToo) {
  RequestBuilder request = GenuineRequest();
  request.Set("x-forwarded-for", "198.51.100.10, 203.0.113.9").Set("via", "1.1 evil").Remove("x-amz-cf-id");
  PolicySpec spec = GenuineSpec();
  spec.enforcements.via = Enforcement::kMonitor;
  spec.enforcements.host = Enforcement::kOff;
  const Explanation explanation = Explain(*PolicyOf(spec), request.view(), GenuineConnection());
  std::string words;
  for (const CheckOutcome& outcome : explanation.checks) {
    words += std::string(kResults.Name(outcome.result)) + " ";
    if (outcome.reason) words += std::string(kDenyReasons.Name(*outcome.reason)) + " ";
  }
  EXPECT_EQ(words,
            "passed passed passed denied edge_not_in_ranges would_deny via_not_cloudfront denied cf_id_missing "
            "not_made passed passed ");
  EXPECT_EQ(explanation.verdict.reason, DenyReason::kEdgeNotInRanges);
}

TEST(ExplainTest, SaysWhatAFailingCheckSaw) {
  struct Case {
    std::string_view check;
    std::string_view name;
    std::string_view value;
    std::string_view facts;
  };
  const Case cases[] = {
      {"edge_range", "x-forwarded-for", "198.51.100.10, 203.0.113.9",
       "the last member of X-Forwarded-For is 203.0.113.9, in none of CloudFront's ranges; the viewer's member is "
       "198.51.100.10"},
      {"edge_range", "x-forwarded-for", "x, y",
       "the last member of X-Forwarded-For, \"y\", is not an address; the viewer's member, \"x\", is not an address"},
      {"via", "via", "1.1 a (", "Via cannot be split into members unambiguously"},
      {"via", "via", "", "Via is missing"},
      {"cf_id", "X-Amz-Cf-Id", "abc", "X-Amz-Cf-Id occurs 2 times"},
      {"field_names", "connection", "via\x01",
       "Connection is \"via\\x01\", which names a field that decisions rest on"},
      {"field_names", "X_Amz_Cf_Id", "a", "the field name \"X_Amz_Cf_Id\" may be read as one that decisions rest on"},
      {"host", "host", "\xff\"", "Host is \"\\xff\\\"\""},
      {"secret", "other", "", "x-origin-verify is missing"},
      {"secret", "x-origin-verify", "0123456789abcdef", "x-origin-verify is not one of the live values: current, next"},
  };
  for (const Case& c : cases) {
    RequestBuilder request = GenuineRequest();
    request.Set(c.name, c.value);
    const CheckOutcome outcome = OutcomeOf(c.check, WithSecret(GenuineSpec()), request, GenuineConnection());
    EXPECT_EQ(outcome.result, Result::kDenied) << c.facts;
    EXPECT_EQ(outcome.facts, c.facts);
  }
}

TEST(ExplainTest, TextFromTheWireIsCut) {
  RequestBuilder request = GenuineRequest();
  request.Set("x-amz-cf-id", std::string(10'000, 'a'));
  EXPECT_EQ(OutcomeOf("cf_id", GenuineSpec(), request, GenuineConnection()).facts,
            "X-Amz-Cf-Id is \"" + std::string(200, 'a') + "\" and more");
}

TEST(ExplainTest, ConnectionsAreExplainedByMode) {
  RequestBuilder request = UnbalancedRequest();
  const auto facts = [&](std::string_view check, const PolicySpec& spec, const ConnectionFacts& connection) {
    return OutcomeOf(check, spec, request, connection).facts;
  };
  EXPECT_EQ(facts("trusted_peer", NlbSpec(), ConnectionFrom("192.0.2.1")),
            "the peer is 192.0.2.1, in none of trusted_peers");
  EXPECT_EQ(facts("trusted_peer", DirectSpec(), DirectConnection()), "the peer is the edge itself in mode DIRECT");
  EXPECT_EQ(facts("proxy_header", NlbSpec(), NlbConnection()), "the PROXY header names 130.176.114.52");
  EXPECT_EQ(facts("edge_range", NlbSpec(), ConnectionFrom("10.10.8.96")),
            "no trusted source names an edge; the viewer's member is 2001:db8::7334");
  EXPECT_EQ(
      facts("edge_range", DirectSpec(), DirectConnection()),
      "the edge is 130.176.114.52, in 130.176.86.0-130.176.137.255 of CloudFront's ranges; the viewer's member is "
      "2001:db8::7334");
}

TEST(ExplainTest, NeverShowsASecret) {
  const std::shared_ptr<const Policy> policy = PolicyOf(WithSecret(GenuineSpec()));
  for (const std::string_view presented : {kCurrentSecret, std::string_view("correct-horse-battery-stapler")}) {
    for (const std::string_view name : {"X-Origin-Verify", "X_Origin_Verify"}) {
      RequestBuilder request = GenuineRequest();
      request.Add(name, presented);
      for (const CheckOutcome& outcome : Explain(*policy, request.view(), GenuineConnection()).checks) {
        EXPECT_EQ(outcome.facts.find("horse"), std::string::npos) << outcome.facts;
      }
    }
  }
}

}  // namespace
}  // namespace viaduct::filter
