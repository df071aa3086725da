#include "ctl/sidecar/tunnels_get.h"

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"
#include "ctl/sidecar/open_tunnels.h"
#include "ctl/sidecar/tunnel_name.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Tunnel;
using Clock = std::chrono::system_clock;

std::string TrafficText(Clock::time_point now, const Tunnel::Traffic& traffic) {
  std::string text =
      absl::StrCat(traffic.data_frames(), " frames, ", FormatBytes(static_cast<double>(traffic.bytes())));
  if (traffic.has_last_data_time()) {
    absl::StrAppend(&text, ", the last one ", AgeText(now, traffic.last_data_time()), " ago");
  }
  if (traffic.blocked()) absl::StrAppend(&text, "; waiting for the other side to read");
  if (traffic.close_code() != 0) absl::StrAppend(&text, "; Close ", traffic.close_code());
  return text;
}

Outcome Get(const Invocation& invocation, Client& client) {
  admin::v1::GetTunnelRequest request;
  if (const Outcome resolved = ResolveTunnel(invocation.arguments[0], client, request.mutable_name())) return resolved;
  Tunnel tunnel;
  const Outcome called = client.Call(client.sidecar(), &admin::v1::SidecarAdmin::Stub::GetTunnel, request, tunnel,
                                     TunnelId(request.name()));
  if (called) return called;
  if (invocation.options.structured()) return PrintMessage(tunnel, invocation.options.format);
  const Clock::time_point now = Clock::now();
  return Print(RenderFields({{"tunnel", std::string(TunnelId(tunnel.name()))},
                             {"state", tunnel.closing().empty() ? "open" : tunnel.closing()},
                             {"viewer address", tunnel.viewer_address()},
                             {"edge address", tunnel.edge_address()},
                             {"peer address", tunnel.peer_address()},
                             {"host", tunnel.host()},
                             {"path", tunnel.path()},
                             {"room", tunnel.room()},
                             {"cloudfront id", tunnel.cloudfront_id()},
                             {"trace id", tunnel.trace_id()},
                             {"user agent", tunnel.user_agent()},
                             {"secret", tunnel.secret_generation()},
                             {"would be denied", absl::StrJoin(tunnel.would_deny(), ", ")},
                             {"opened", absl::StrCat(FormatTime(FromProto(tunnel.open_time())), " (",
                                                     AgeText(now, tunnel.open_time()), " ago)")},
                             {"idle for", AgeText(now, tunnel.last_activity_time())},
                             {"from viewer", TrafficText(now, tunnel.from_viewer())},
                             {"from upstream", TrafficText(now, tunnel.from_upstream())},
                             {"ping", tunnel.awaiting_pong() ? "not answered yet" : ""}},
                            invocation.options.look()));
}

}  // namespace

Command TunnelsGetCommand() {
  return {
      .name = "sidecar tunnels get",
      .arguments = "TUNNEL",
      .min_arguments = 1,
      .max_arguments = 1,
      .argument_help = kTunnelIdHelp,
      .candidates = kTunnelIds,
      .calls = Calls::kSidecar,
      .summary = "Shows the details of one tunnel.",
      .examples = "  viaductctl sidecar tunnels get 3f09a1c2-0-17\n",
      .call = Get,
  };
}

}  // namespace viaduct::ctl
