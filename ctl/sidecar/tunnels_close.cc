#include "ctl/sidecar/tunnels_close.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/core/close_options.h"
#include "ctl/output/print_json.h"
#include "ctl/output/text.h"
#include "ctl/sidecar/tunnel_name.h"

namespace viaduct::ctl {
namespace {

Outcome Close(const CloseOptions& options, const Invocation& invocation, Client& client) {
  admin::v1::CloseTunnelRequest request;
  request.set_name(TunnelName(invocation.arguments[0]));
  request.set_code(options.code);
  request.set_reason(options.reason);
  const std::string_view id = TunnelId(request.name());
  admin::v1::CloseTunnelResponse response;
  const Outcome called =
      client.Call(client.sidecar(), &admin::v1::SidecarAdmin::Stub::CloseTunnel, request, response, id);
  if (called) return called;
  if (invocation.options.json) return PrintJson(response);
  return Print(absl::StrCat("closing ", Escape(id), " with code ", request.code(), "\n"));
}

}  // namespace

Command TunnelsCloseCommand() {
  const auto options = std::make_shared<CloseOptions>();
  return {
      .name = "sidecar tunnels close",
      .arguments = "TUNNEL",
      .min_arguments = 1,
      .max_arguments = 1,
      .argument_help = kTunnelIdHelp,
      .candidates = kTunnelIds,
      .calls = Calls::kSidecar,
      .flags = CloseFlags(options.get()),
      .summary = "Closes one tunnel; the viewer and the upstream get the code and the reason.",
      .examples = "  viaductctl sidecar tunnels close 3f09a1c2-0-17 --code 1008 --reason 'rate limit'\n",
      .call = [options](const Invocation& invocation, Client& client) { return Close(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
