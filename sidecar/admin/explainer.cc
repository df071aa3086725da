#include "sidecar/admin/explainer.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/connection_facts.h"
#include "filter/explain.h"
#include "filter/request_view.h"
#include "http/field.h"
#include "http/head.h"
#include "ip/ip_address.h"
#include "sidecar/request/end_reason.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/request/routes.h"
#include "sidecar/request/upgrade.h"

namespace viaduct::sidecar {
namespace {

constexpr std::size_t kMaxHeadBytes = 65536;

absl::Status Invalid(const char* field, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", rule));
}

absl::StatusOr<ip::IpAddress> ReadAddress(const char* field, const std::string& text) {
  if (text.empty()) return Invalid(field, "is required");
  const std::optional<ip::IpAddress> address = ip::IpAddress::Parse(text);
  if (!address.has_value()) return Invalid(field, "is no IP address");
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
    return Invalid("proxy_source",
                   "a header of this peer would not be read: the mode is not NLB, or it is not trusted");
  }
  connection.proxy_header = filter::ProxyHeader::kSource;
  connection.proxy_source = *source;
  return connection;
}

// The head with line ends as on the wire and its empty line.
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
    if (outcome.reason.has_value()) check->set_reason(std::string(filter::DenyReasonName(*outcome.reason)));
    check->set_facts(outcome.facts);
  }
}

// Notes that the request goes no further.
admin::v1::Explanation End(admin::v1::Explanation proto, admin::v1::Explanation::Outcome outcome, EndReason end,
                           int status, std::string_view reason) {
  proto.set_outcome(outcome);
  proto.set_end(std::string(EndReasonName(end)));
  proto.set_status(status);
  proto.set_reason(std::string(reason));
  return proto;
}

admin::v1::Explanation Refused(admin::v1::Explanation proto, EndReason end, std::string_view rule = "") {
  return End(std::move(proto), admin::v1::Explanation::REFUSED, end, LocalReplyFor(end).status, rule);
}

// What comes behind the filter: routes, and the rules of a handshake.
admin::v1::Explanation AfterFilter(const SidecarConfig& config, const http::RequestHead& head,
                                   admin::v1::Explanation proto) {
  RouteError error;
  const Route* route = config.routes.Find(head.target, &error);
  if (route == nullptr) {
    if (error == RouteError::kNoRoute) return Refused(std::move(proto), EndReason::kNoRoute);
    return Refused(std::move(proto), EndReason::kBadRequest, RouteErrorName(error));
  }
  if (!head.has_upgrade && !route->allows_http) return Refused(std::move(proto), EndReason::kHttpNotAllowed);
  if (head.has_upgrade && !route->allows_websocket) return Refused(std::move(proto), EndReason::kUpgradeNotAllowed);
  std::string_view key;
  const std::optional<UpgradeError> upgrade =
      head.has_upgrade ? CheckUpgradeRequest(head, &key) : std::optional<UpgradeError>();
  if (upgrade.has_value()) {
    const bool version = *upgrade == UpgradeError::kVersionUnsupported;
    return Refused(std::move(proto), version ? EndReason::kBadWebSocketVersion : EndReason::kBadUpgrade,
                   UpgradeErrorName(*upgrade));
  }
  proto.set_outcome(admin::v1::Explanation::FORWARDED);
  return proto;
}

bool IsHealthCheck(const SidecarConfig& config, const http::RequestHead& head,
                   const filter::ConnectionFacts& connection) {
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  return path == config.health_path && (head.method == "GET" || head.method == "HEAD") && !head.has_upgrade &&
         config.policy->MayAskForHealth(connection);
}

}  // namespace

absl::StatusOr<admin::v1::Explanation> ExplainRequest(const SidecarConfig& config,
                                                      const admin::v1::ExplainRequest& request) {
  const filter::Policy& policy = *config.policy;
  if (request.head().empty()) return Invalid("head", "is required");
  if (request.head().size() > kMaxHeadBytes)
    return Invalid("head", absl::StrCat("has more than ", kMaxHeadBytes, " bytes"));
  const absl::StatusOr<filter::ConnectionFacts> connection = ReadConnection(policy, request);
  if (!connection.ok()) return connection.status();

  const std::string text = WholeHead(request.head());
  http::HeadFinder finder;
  std::optional<http::HeadError> error;
  const std::optional<std::size_t> size = finder.Find(text, &error);
  std::vector<http::Field> storage(config.head_limits.max_fields);
  http::RequestHead head;
  if (!error.has_value()) {
    if (size != text.size()) return Invalid("head", "has something behind its empty line");
    error = http::ParseRequestHead(text, config.head_limits, storage, &head);
  }
  if (error.has_value()) {
    return End({}, admin::v1::Explanation::REFUSED, EndReason::kBadRequest, LocalReplyForHead(*error).status,
               http::HeadErrorName(*error));
  }
  const filter::RequestView view{
      .method = head.method, .target = head.target, .fields = head.fields, .is_upgrade = head.has_upgrade};
  const filter::Explanation explanation = filter::Explain(policy, view, *connection);
  admin::v1::Explanation proto;
  Fill(explanation, policy, &proto);
  if (IsHealthCheck(config, head, *connection)) {
    return End(std::move(proto), admin::v1::Explanation::HEALTH_CHECK, EndReason::kHealthCheck,
               HealthReply(Health::kGood).status, "");
  }
  if (!explanation.verdict.allowed) {
    return End(std::move(proto), admin::v1::Explanation::DENIED, EndReason::kDenied,
               LocalReplyFor(EndReason::kDenied).status, filter::DenyReasonName(explanation.verdict.reason));
  }
  return AfterFilter(config, head, std::move(proto));
}

}  // namespace viaduct::sidecar
