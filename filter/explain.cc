#include "filter/explain.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "filter/checks.h"
#include "filter/evaluate.h"
#include "filter/evidence.h"
#include "filter/trusted_fields.h"
#include "http/field.h"
#include "ip/address_ranges.h"
#include "text/ascii.h"
#include "text/concat.h"
#include "text/escape.h"

namespace viaduct::filter {
namespace {

// Quotes, escapes and cuts text from the wire.
std::string Quoted(std::string_view text) {
  constexpr std::size_t kMaxShown = 200;
  const std::string_view shown = text.substr(0, kMaxShown);
  return text::Concat("\"", text::EscapeBytes(shown), text.size() > kMaxShown ? "\" and more" : "\"");
}

std::string Joined(std::span<const std::string> names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

std::string Membership(const ip::IpAddress& address, const std::optional<ip::AddressRange>& range,
                       std::string_view set) {
  if (!range) return text::Concat(address.ToString(), ", in none of ", set);
  return text::Concat(address.ToString(), ", in ", range->ToString(), " of ", set);
}

std::string LinesOf(std::string_view name, const SingleField& field) {
  if (field.lines == 0) return text::Concat(name, " is missing");
  if (field.lines == 1) return text::Concat(name, " is ", Quoted(field.value));
  return text::Concat(name, " occurs ", field.lines, " times");
}

std::string PeerFacts(const Evidence& evidence) {
  if (evidence.policy.mode() == EdgeMode::kDirect) return "the peer is the edge itself in mode DIRECT";
  const ip::IpAddress& peer = evidence.connection.peer;
  return text::Concat("the peer is ", Membership(peer, evidence.policy.TrustedRange(peer), "trusted_peers"));
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
  return text::Concat("the PROXY header names ", evidence.connection.proxy_source.ToString());
}

std::string NameFacts(const Evidence& evidence, const RequestView& request) {
  for (const http::Field& field : request.fields) {
    if (text::EqualsIgnoreCase(field.name, "connection")) {
      if (!NamesTrustedField(field.value, evidence.policy.secret().header())) continue;
      return text::Concat("Connection is ", Quoted(field.value), ", which names a field that decisions rest on");
    }
    if (!IsTrustedFieldAlias(field.name)) continue;
    return text::Concat("the field name ", Quoted(field.name), " may be read as one that decisions rest on");
  }
  return "Connection and the field names hide no field that decisions rest on";
}

// Says where the mode finds the edge.
std::string EdgeFacts(const Evidence& evidence) {
  const bool alb = evidence.policy.mode() == EdgeMode::kAlb;
  if (!evidence.edge) {
    if (!alb) return "no trusted source names an edge";
    return evidence.forwarded.count() == 0 ? "X-Forwarded-For is missing"
                                           : text::Concat("the last member of X-Forwarded-For, ",
                                                          Quoted(evidence.forwarded.last()), ", is not an address");
  }
  return text::Concat(alb ? "the last member of X-Forwarded-For is " : "the edge is ",
                      Membership(*evidence.edge, evidence.policy.EdgeRange(*evidence.edge), "CloudFront's ranges"));
}

std::string ViewerFacts(const Evidence& evidence) {
  const bool alb = evidence.policy.mode() == EdgeMode::kAlb;
  if (evidence.forwarded.count() < (alb ? 2 : 1)) return "X-Forwarded-For has no member for the viewer";
  if (evidence.claimed_viewer) return text::Concat("the viewer's member is ", evidence.claimed_viewer->ToString());
  const std::string_view member = alb ? evidence.forwarded.before_last() : evidence.forwarded.last();
  return text::Concat("the viewer's member, ", Quoted(member), ", is not an address");
}

std::string ViaFacts(const Evidence& evidence) {
  if (evidence.via.malformed()) return "Via cannot be split into members unambiguously";
  if (evidence.via.last().empty()) return "Via is missing";
  return text::Concat("the last member of Via is ", Quoted(evidence.via.last()));
}

std::string OriginFacts(const Evidence& evidence) {
  if (!evidence.is_upgrade) return "only upgrades are checked for their Origin";
  return LinesOf("Origin", evidence.origin);
}

std::string SecretFacts(const Evidence& evidence) {
  const OriginSecret& secret = evidence.policy.secret();
  if (!secret.required()) return "no secret is configured";
  const std::string_view header = secret.header();
  if (evidence.secret.lines == 0) return text::Concat(header, " is missing");
  if (evidence.secret.lines > 1) return text::Concat(header, " occurs ", evidence.secret.lines, " times");
  if (!evidence.secret_generation) {
    return text::Concat(header, " is not one of the live values: ", Joined(secret.generations()));
  }
  return text::Concat(header, " is the value named ", secret.NameOf(evidence.secret_generation));
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
      return text::Concat(EdgeFacts(evidence), "; ", ViewerFacts(evidence));
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

std::string DenialFacts(const Policy& policy, const RequestView& request, const ConnectionFacts& connection) {
  const Evidence evidence = GatherEvidence(policy, request, connection);
  for (const Check& check : kChecks) {
    if (EnforcementOf(check, policy) == Enforcement::kEnforce && check.made_by(evidence)) {
      return FactsOf(check.id, evidence, request);
    }
  }
  return "";
}

}  // namespace viaduct::filter
