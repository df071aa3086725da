#pragma once

#include <string>
#include <string_view>

#include "http/head.h"
#include "sidecar/request/request_end.h"

namespace viaduct::sidecar {

// Whether the connection goes on after a reply of ours.
enum class AfterReply { kKeepAlive, kClose };

// What the peer is told when a request ends here: the only place that picks a status. The text is fixed for each
// reason and never has input in it; a denial does not say which check failed.
struct LocalReply {
  int status;
  std::string_view phrase;
  std::string_view fields;  // further header lines, each with CR LF
  std::string_view body;
};

// For a reason that is answered. A request that was delivered, answered as a health check or cut off by its peer gets
// none of these replies.
LocalReply LocalReplyFor(RequestEnd reason);
// For a head that broke a limit or a rule: 400, 405, 414 or 431 by its error.
LocalReply LocalReplyForHead(http::HeadError error);
// To a load balancer's probe.
enum class Health { kGood, kDraining, kUpstreamDown };
LocalReply HealthReply(Health health);

// Appends the whole response. `head_request`: the body is left out.
void AppendLocalReply(const LocalReply& reply, AfterReply after, bool head_request, std::string* out);

}  // namespace viaduct::sidecar
