#include "filter/explain.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "filter/checks.h"
#include "filter/evaluate.h"
#include "filter/evidence.h"
#include "filter/trusted_fields.h"
#include "http/field.h"
#include "ip/address_ranges.h"
#include "text/ascii.h"
#include "text/string_view.h"

namespace viaduct::filter {
namespace {

// Quotes, escapes and cuts text from the wire.
std::string Quoted(std::string_view text) {
  constexpr std::size_t kMaxShown = 200;
  const absl::string_view shown = text::ToAbsl(text.substr(0, kMaxShown));
  return absl::StrCat("\"", absl::CHexEscape(shown), text.size() > kMaxShown ? "\" and more" : "\"");
}

std::string Membership(const ip::IpAddress& address, const std::optional<ip::AddressRange>& range,
                       std::string_view set) {
  if (!range) return absl::StrCat(address.ToString(), ", in none of ", text::ToAbsl(set));
  return absl::StrCat(address.ToString(), ", in ", range->ToString(), " of ", text::ToAbsl(set));
}

std::string LinesOf(std::string_view name, const SingleField& field) {
  if (field.lines == 0) return absl::StrCat(text::ToAbsl(name), " is missing");
  if (field.lines == 1) return absl::StrCat(text::ToAbsl(name), " is ", Quoted(field.value));
  return absl::StrCat(text::ToAbsl(name), " occurs ", field.lines, " times");
}

std::string PeerFacts(const Evidence& evidence) {
  if (evidence.policy.mode() == EdgeMode::kDirect) return "the peer is the edge itself in mode DIRECT";
  const ip::IpAddress& peer = evidence.connection.peer;
  return absl::StrCat("the peer is ", Membership(peer, evidence.policy.TrustedRange(peer), "trusted_peers"));
}

std::string ProxyFacts(const Evidence& evidence) {
  if (evidence.policy.mode() != EdgeMode::kNlb) return "only mode NLB has a PROXY header";
  switch (evidence.connection.proxy_header) {
    case ProxyHeader::kNone:
      return "there is no PROXY header, or the peer is not trusted to send one";
    case ProxyHeader::kMalformed:
      return "the PROXY header cannot be read or names no IP address";
    case ProxyHeader::kLocal:
      return "the PROXY header says LOCAL: the balancer speaks for itself";
    case ProxyHeader::kSource:
      break;
  }
  return absl::StrCat("the PROXY header names ", evidence.connection.proxy_source.ToString());
}

std::string NameFacts(const Evidence& evidence, const RequestView& request) {
  for (const http::Field& field : request.fields) {
    if (text::EqualsIgnoreCase(field.name, "connection")) {
      if (!NamesTrustedField(field.value, evidence.policy.secret().header())) continue;
      return absl::StrCat("Connection is ", Quoted(field.value), ", which names a field that decisions rest on");
    }
    if (!IsTrustedFieldAlias(field.name)) continue;
    return absl::StrCat("the field name ", Quoted(field.name), " may be read as one that decisions rest on");
  }
  return "Connection and the field names hide no field that decisions rest on";
}

// Says where the mode finds the edge.
std::string EdgeFacts(const Evidence& evidence) {
  const bool alb = evidence.policy.mode() == EdgeMode::kAlb;
  if (!evidence.edge) {
    if (!alb) return "no trusted source names an edge";
    return evidence.forwarded.count() == 0 ? "X-Forwarded-For is missing"
                                           : absl::StrCat("the last member of X-Forwarded-For, ",
                                                          Quoted(evidence.forwarded.last()), ", is not an address");
  }
  return absl::StrCat(alb ? "the last member of X-Forwarded-For is " : "the edge is ",
                      Membership(*evidence.edge, evidence.policy.EdgeRange(*evidence.edge), "CloudFront's ranges"));
}

std::string ViewerFacts(const Evidence& evidence) {
  const bool alb = evidence.policy.mode() == EdgeMode::kAlb;
  if (evidence.forwarded.count() < (alb ? 2 : 1)) return "X-Forwarded-For has no member for the viewer";
  if (evidence.claimed_viewer) return absl::StrCat("the viewer's member is ", evidence.claimed_viewer->ToString());
  const std::string_view member = alb ? evidence.forwarded.before_last() : evidence.forwarded.last();
  return absl::StrCat("the viewer's member, ", Quoted(member), ", is not an address");
}

std::string ViaFacts(const Evidence& evidence) {
  if (evidence.via.malformed()) return "Via cannot be split into members unambiguously";
  if (evidence.via.last().empty()) return "Via is missing";
  return absl::StrCat("the last member of Via is ", Quoted(evidence.via.last()));
}

std::string OriginFacts(const Evidence& evidence) {
  if (!evidence.is_upgrade) return "only upgrades are checked for their Origin";
  return LinesOf("Origin", evidence.origin);
}

std::string SecretFacts(const Evidence& evidence) {
  const OriginSecret& secret = evidence.policy.secret();
  if (!secret.required()) return "no secret is configured";
  const absl::string_view header = text::ToAbsl(secret.header());
  if (evidence.secret.lines == 0) return absl::StrCat(header, " is missing");
  if (evidence.secret.lines > 1) return absl::StrCat(header, " occurs ", evidence.secret.lines, " times");
  if (!evidence.secret_generation) {
    return absl::StrCat(header, " is not one of the live values: ", absl::StrJoin(secret.generations(), ", "));
  }
  return absl::StrCat(header, " is the value named ", text::ToAbsl(secret.NameOf(evidence.secret_generation)));
}

std::string FactsOf(CheckId check, const Evidence& evidence, const RequestView& request) {
  switch (check) {
    case CheckId::kTrustedPeer:
      return PeerFacts(evidence);
    case CheckId::kProxyHeader:
      return ProxyFacts(evidence);
    case CheckId::kFieldNames:
      return NameFacts(evidence, request);
    case CheckId::kEdgeRange:
      return absl::StrCat(EdgeFacts(evidence), "; ", ViewerFacts(evidence));
    case CheckId::kVia:
      return ViaFacts(evidence);
    case CheckId::kCfId:
      return LinesOf("X-Amz-Cf-Id", evidence.cf_id);
    case CheckId::kHost:
      return LinesOf("Host", evidence.host);
    case CheckId::kOrigin:
      return OriginFacts(evidence);
    case CheckId::kSecret:
      return SecretFacts(evidence);
  }
  return "";
}

CheckOutcome::Result ResultOf(Enforcement enforcement, const Failure& failure) {
  if (!failure) return CheckOutcome::Result::kPassed;
  return enforcement == Enforcement::kEnforce ? CheckOutcome::Result::kDenied : CheckOutcome::Result::kWouldDeny;
}

}  // namespace

Explanation Explain(const Policy& policy, const RequestView& request, const ConnectionFacts& connection) {
  Explanation explanation{.verdict = Evaluate(policy, request, connection), .checks = {}};
  const Evidence evidence = GatherEvidence(policy, request, connection);
  for (const Check& check : kChecks) {
    CheckOutcome& outcome = explanation.checks.emplace_back();
    outcome.check = check.name;
    outcome.enforcement = EnforcementOf(check, policy);
    outcome.facts = FactsOf(check.id, evidence, request);
    if (outcome.enforcement == Enforcement::kOff) {
      outcome.result = CheckOutcome::Result::kNotMade;
      continue;
    }
    outcome.reason = check.made_by(evidence);
    outcome.result = ResultOf(outcome.enforcement, outcome.reason);
  }
  return explanation;
}

}  // namespace viaduct::filter
