#include "sidecar/request/decision.h"

#include "filter/evaluate.h"
#include "sidecar/request/upgrade.h"

namespace viaduct::sidecar {
namespace {

bool IsHealthCheck(const RequestRules& rules, const http::RequestHead& head,
                   const filter::ConnectionFacts& connection) {
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  return path == rules.health_path && (head.method == "GET" || head.method == "HEAD") && !head.wants_websocket &&
         rules.policy.MayAskForHealth(connection);
}

void AnswerHealth(const http::RequestHead& head, Health health, Admission admission, RequestDecision* decision) {
  // A kept connection would hold its place in the reserve.
  const bool keep = head.keep_alive && head.body.kind == http::BodyLength::Kind::kNone && health != Health::kDraining &&
                    admission == Admission::kAll;
  decision->end = RequestEnd::kHealthCheck;
  decision->reply = HealthReply(health);
  decision->after = keep ? AfterReply::kKeepAlive : AfterReply::kClose;
}

// A refused connection is not kept: its next request would be refused too, and the body of this one is unread.
void Refuse(RequestEnd end, Rule rule, RequestDecision* decision) {
  decision->end = end;
  decision->reply = LocalReplyFor(end);
  decision->rule = rule;
}

void DecideUpgrade(const http::RequestHead& head, Health health, RequestDecision* decision) {
  if (const std::optional<UpgradeError> error = CheckUpgradeRequest(head, &decision->websocket_key)) {
    const bool version = *error == UpgradeError::kVersionUnsupported;
    Refuse(version ? RequestEnd::kBadWebSocketVersion : RequestEnd::kBadUpgrade, Rule(*error), decision);
  } else if (health == Health::kDraining) {
    Refuse(RequestEnd::kDraining, Rule(), decision);
  } else {
    decision->action = RequestDecision::Action::kUpgrade;
  }
}

}  // namespace

filter::RequestView ViewOf(const http::RequestHead& head) {
  return {.method = head.method, .target = head.target, .fields = head.fields, .is_upgrade = head.wants_websocket};
}

RequestDecision Decide(const RequestRules& rules, const http::RequestHead& head,
                       const filter::ConnectionFacts& connection, Health health) {
  RequestDecision decision;
  if (IsHealthCheck(rules, head, connection)) {
    AnswerHealth(head, health, rules.admission, &decision);
    return decision;
  }
  if (rules.admission == Admission::kHealthOnly) {
    Refuse(RequestEnd::kTooManySessions, Rule(), &decision);
    return decision;
  }
  decision.verdict = filter::Evaluate(rules.policy, ViewOf(head), connection);
  if (!decision.verdict->allowed) {
    Refuse(RequestEnd::kDenied, Rule(), &decision);
    return decision;
  }
  RouteError error;
  decision.route = rules.routes.Find(head.target, &error);
  if (decision.route == nullptr) {
    if (error == RouteError::kNoRoute) {
      Refuse(RequestEnd::kNoRoute, Rule(), &decision);
    } else {
      Refuse(RequestEnd::kBadRequest, Rule(error), &decision);
    }
  } else if (head.wants_websocket && !decision.route->allows_websocket) {
    Refuse(RequestEnd::kUpgradeNotAllowed, Rule(), &decision);
  } else if (!head.wants_websocket && !decision.route->allows_http) {
    Refuse(RequestEnd::kHttpNotAllowed, Rule(), &decision);
  } else if (head.wants_websocket) {
    DecideUpgrade(head, health, &decision);
  } else {
    decision.action = RequestDecision::Action::kForward;
  }
  return decision;
}

void RefuseViewer(RequestDecision* decision) {
  const bool upgrade = decision->action == RequestDecision::Action::kUpgrade;
  decision->action = RequestDecision::Action::kAnswer;
  Refuse(upgrade ? RequestEnd::kTooManyViewerTunnels : RequestEnd::kTooManyViewerRequests, Rule(), decision);
}

RequestDecision DecideBrokenHead(http::HeadError error) {
  return {.end = RequestEnd::kBadRequest, .reply = LocalReplyForHead(error), .rule = Rule(error)};
}

}  // namespace viaduct::sidecar
