#pragma once

#include <string>
#include <string_view>

#include "http/head.h"
#include "sidecar/request/request_end.h"

namespace viaduct::sidecar {

// Says whether the viewer's connection stays open after a response.
enum class AfterReply { kKeepAlive, kClose };

// The answer to a request that the sidecar does not forward; only this file picks a status. The text is fixed for each
// reason and never contains input. A denial does not say which check failed.
struct LocalReply {
  int status;
  std::string_view phrase;
  std::string_view fields;  // further header lines, each with CR LF
  std::string_view body;
  bool names_upgrade = false;  // `fields` has an Upgrade, which Connection must name (RFC 9110 section 7.8)
};

// Returns the reply for a request that ends with `reason`. There is no reply for a request that was delivered, answered
// as a health check or cut off by its peer.
LocalReply LocalReplyFor(RequestEnd reason);
// Returns the reply to a head that broke a limit or a rule: 400, 405, 414, 417, 431 or 501.
LocalReply LocalReplyForHead(http::HeadError error);
// Says whether a load balancer should send traffic here.
enum class Health { kGood, kDraining, kUpstreamDown };
// Returns the reply to the load balancer's health check.
LocalReply HealthReply(Health health);

// Appends the whole response, without the body if it answers a HEAD request.
void AppendLocalReply(const LocalReply& reply, AfterReply after, bool head_request, std::string* out);

}  // namespace viaduct::sidecar
