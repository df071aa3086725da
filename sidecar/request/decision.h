#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "filter/connection_facts.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "filter/verdict.h"
#include "http/head.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/routes.h"
#include "sidecar/request/rule.h"

namespace viaduct::sidecar {

// The requests that a connection may make.
enum class Admission : std::uint8_t {
  kAll,
  kHealthOnly,  // accepted when as many sessions were open as allowed
};

// The settings by which a request is decided.
struct RequestRules {
  const filter::Policy& policy;
  const RouteTable& routes;
  std::string_view health_path;
  Admission admission = Admission::kAll;
};

// The decision about one request, and its reason. A value, with views into the head and the rules that it was made
// from.
struct RequestDecision {
  enum class Action : std::uint8_t {
    kAnswer,   // the sidecar answers `reply` itself, and nothing is forwarded
    kForward,  // to the upstream of `route`
    kUpgrade,  // the same; if the upstream answers with a 101, the connection becomes a tunnel
  };

  Action action = Action::kAnswer;
  // The filter's verdict; nullopt if the filter was not asked.
  std::optional<filter::Verdict> verdict = std::nullopt;

  // Set for kAnswer.
  RequestEnd end = RequestEnd::kBadRequest;
  LocalReply reply = {};
  AfterReply after = AfterReply::kClose;
  Rule rule = {};  // the rule that the request broke, if it broke one

  // Set for kForward and kUpgrade.
  const Route* route = nullptr;
  // The Sec-WebSocket-Key, for kUpgrade.
  std::string_view websocket_key = {};
};

// Returns what the filter sees of a request. Refers to the head.
filter::RequestView ViewOf(const http::RequestHead& head);

// Decides a request whose head could be parsed. In this order: a health check on a connection that may request it is
// answered with `health`; the connection must be allowed to request more; the filter may deny; there must be a route
// that accepts such a request; one that wants a WebSocket must be a handshake (RFC 6455 section 4.2.1), and is refused
// while draining (`health` says so).
//
// Pure: no sockets, no clock; allocates as RouteTable::Find does. May be called from any thread.
RequestDecision Decide(const RequestRules& rules, const http::RequestHead& head,
                       const filter::ConnectionFacts& connection, Health health);

// Refuses a request that Decide let through, because its viewer has as much open as it may.
void RefuseViewer(RequestDecision* decision);

// Decides a request whose head cannot be parsed.
RequestDecision DecideBrokenHead(http::HeadError error);

}  // namespace viaduct::sidecar
