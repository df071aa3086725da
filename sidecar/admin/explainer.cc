#include "sidecar/admin/explainer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/connection_facts.h"
#include "filter/explain.h"
#include "http/field.h"
#include "http/head.h"
#include "ip/ip_address.h"
#include "sidecar/request/decision.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/request/request_end.h"
#include "text/field_error.h"

namespace viaduct::sidecar {
namespace {

constexpr std::size_t kMaxHeadBytes = 65536;

absl::StatusOr<ip::IpAddress> ReadAddress(std::string_view field, const std::string& text) {
  if (text.empty()) return text::InvalidField(field, "is required");
  const std::optional<ip::IpAddress> address = ip::IpAddress::Parse(text);
  if (!address.has_value()) return text::InvalidField(field, "is no IP address");
  return *address;
}

absl::StatusOr<filter::ConnectionFacts> ReadConnection(const filter::Policy& policy,
                                                       const admin::v1::ExplainRequest& request) {
  const absl::StatusOr<ip::IpAddress> peer = ReadAddress("peer_address", request.peer_address());
  if (!peer.ok()) return peer.status();
  filter::ConnectionFacts connection{.peer = *peer};
  if (request.proxy_source().empty()) return connection;
  const absl::StatusOr<ip::IpAddress> source = ReadAddress("proxy_source", request.proxy_source());
  if (!source.ok()) return source.status();
  if (!policy.ReadsProxyHeader(*peer)) {
    return text::InvalidField("proxy_source",
                              "a header of this peer would not be read: the mode is not NLB, or it is not trusted");
  }
  connection.proxy_header = filter::ProxyHeader::kSource;
  connection.proxy_source = *source;
  return connection;
}

// Returns the head with CR LF line ends and the empty line at its end.
std::string WholeHead(std::string_view given) {
  std::string head;
  if (given.find("\r\n") != std::string_view::npos) {
    head = given;
  } else {
    for (const char c : given) head.append(c == '\n' ? "\r\n" : std::string_view(&c, 1));
  }
  if (!head.ends_with("\r\n")) head += "\r\n";
  if (!head.ends_with("\r\n\r\n")) head += "\r\n";
  return head;
}

std::string Text(const ip::IpAddress& address) {
  std::array<char, ip::IpAddress::kMaxTextSize> text;
  return std::string(text.data(), address.Format(text.data()));
}

admin::v1::Explanation::Check::Result ToProto(filter::CheckOutcome::Result result) {
  switch (result) {
    case filter::CheckOutcome::Result::kPassed:
      return admin::v1::Explanation::Check::PASSED;
    case filter::CheckOutcome::Result::kDenied:
      return admin::v1::Explanation::Check::DENIED;
    case filter::CheckOutcome::Result::kWouldDeny:
      return admin::v1::Explanation::Check::WOULD_DENY;
    case filter::CheckOutcome::Result::kNotMade:
      return admin::v1::Explanation::Check::NOT_MADE;
  }
}

void Fill(const filter::Explanation& explanation, const filter::Policy& policy, admin::v1::Explanation* proto) {
  const filter::Verdict& verdict = explanation.verdict;
  if (verdict.viewer.has_value()) proto->set_viewer_address(Text(*verdict.viewer));
  if (verdict.edge != ip::IpAddress()) proto->set_edge_address(Text(verdict.edge));
  proto->set_secret_generation(std::string(policy.secret().NameOf(verdict.secret_generation)));
  for (const filter::CheckOutcome& outcome : explanation.checks) {
    admin::v1::Explanation::Check* check = proto->add_checks();
    check->set_check(std::string(outcome.check));
    check->set_result(ToProto(outcome.result));
    if (outcome.reason.has_value()) check->set_reason(std::string(filter::kDenyReasons.Name(*outcome.reason)));
    check->set_facts(outcome.facts);
  }
}

admin::v1::Explanation::Outcome OutcomeOf(const RequestDecision& decision) {
  if (decision.action != RequestDecision::Action::kAnswer) return admin::v1::Explanation::FORWARDED;
  if (decision.end == RequestEnd::kHealthCheck) return admin::v1::Explanation::HEALTH_CHECK;
  if (decision.end == RequestEnd::kDenied) return admin::v1::Explanation::DENIED;
  return admin::v1::Explanation::REFUSED;
}

bool Full(std::int64_t open, std::int64_t most) { return most > 0 && open >= most; }

// Adds the load of the request's viewer, which refuses what would be one more.
void FillLoad(const ViewerLoadOf& load, RequestDecision* decision, admin::v1::Explanation* proto) {
  if (!load || !decision->verdict.has_value() || !decision->verdict->viewer.has_value()) return;
  admin::v1::Explanation::ViewerLoad* const viewer = proto->mutable_viewer_load();
  *viewer = load(*decision->verdict->viewer);
  if (decision->action == RequestDecision::Action::kAnswer) return;
  const bool full = decision->action == RequestDecision::Action::kUpgrade
                        ? Full(viewer->tunnels(), viewer->max_tunnels())
                        : Full(viewer->requests(), viewer->max_requests());
  if (full) RefuseViewer(decision);
}

void Fill(const RequestDecision& decision, admin::v1::Explanation* proto) {
  proto->set_outcome(OutcomeOf(decision));
  if (decision.action != RequestDecision::Action::kAnswer) return;
  proto->set_end(std::string(kRequestEnds.Name(decision.end)));
  proto->set_status(decision.reply.status);
  const bool denied = decision.end == RequestEnd::kDenied;
  proto->set_reason(std::string(denied ? filter::kDenyReasons.Name(decision.verdict->reason) : decision.rule.word()));
}

}  // namespace

absl::StatusOr<admin::v1::Explanation> ExplainRequest(const SidecarConfig& config,
                                                      const admin::v1::ExplainRequest& request,
                                                      const ViewerLoadOf& load) {
  const filter::Policy& policy = *config.policy;
  if (request.head().empty()) return text::InvalidField("head", "is required");
  if (request.head().size() > kMaxHeadBytes)
    return text::InvalidField("head", absl::StrCat("has more than ", kMaxHeadBytes, " bytes"));
  const absl::StatusOr<filter::ConnectionFacts> connection = ReadConnection(policy, request);
  if (!connection.ok()) return connection.status();

  const std::string text = WholeHead(request.head());
  http::HeadFinder finder;
  std::optional<http::HeadError> error;
  const std::optional<std::size_t> size = finder.Find(text, &error);
  std::vector<http::Field> storage(config.head_limits.max_fields);
  http::RequestHead head;
  if (!error.has_value()) {
    if (size != text.size()) return text::InvalidField("head", "has something behind its empty line");
    error = http::ParseRequestHead(text, config.head_limits, storage, &head);
  }
  admin::v1::Explanation proto;
  if (error.has_value()) {
    Fill(DecideBrokenHead(*error), &proto);
    return proto;
  }
  Fill(filter::Explain(policy, ViewOf(head), *connection), policy, &proto);
  // The result must not depend on whether the task drains or its upstream is down.
  const RequestRules rules{.policy = policy, .routes = config.routes, .health_path = config.health_path};
  RequestDecision decision = Decide(rules, head, *connection, Health::kGood);
  FillLoad(load, &decision, &proto);
  Fill(decision, &proto);
  return proto;
}

}  // namespace viaduct::sidecar
