#pragma once

#include <string>
#include <string_view>

#include "sidecar/authorize/check.h"
#include "sidecar/request/local_reply.h"

namespace viaduct::sidecar {

// Appends the answer to a question in HTTP. It is 200, with the viewer's address if that is proven, or 403, and has
// nothing else that depends on the request: proxies hand all of a denial to the viewer, and some take any other status
// for their own failure. There is no body if it answers a HEAD request.
void AppendCheckReply(const CheckDecision& decision, AfterReply after, bool head_request, std::string* out);

// The status of that answer.
int CheckStatus(const CheckDecision& decision);

// The body of a denial, in every form.
std::string_view DeniedBody();

}  // namespace viaduct::sidecar
