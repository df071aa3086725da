#include "sidecar/authorize/check_reply.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "filter/trusted_fields.h"
#include "sidecar/request/request_end.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

LocalReply Forbidden() { return LocalReplyFor(RequestEnd::kDenied); }

}  // namespace

int CheckStatus(const CheckDecision& decision) { return decision.allowed ? 200 : Forbidden().status; }

std::string_view DeniedBody() { return Forbidden().body; }

void AppendCheckReply(const CheckDecision& decision, AfterReply after, bool head_request, std::string* out) {
  if (!decision.allowed) {
    AppendLocalReply(Forbidden(), after, head_request, out);
    return;
  }
  std::string fields;
  if (decision.viewer.has_value()) {
    absl::StrAppend(&fields, text::ToAbsl(filter::kViewerAddressField), ": ", decision.viewer->ToString(), "\r\n");
  }
  AppendLocalReply({.status = 200, .phrase = "OK", .fields = fields, .body = ""}, after, head_request, out);
}

}  // namespace viaduct::sidecar
