// The commands about a sidecar's tunnels.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/commands.h"
#include "ctl/output/print.h"
#include "ctl/output/print_json.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;
using admin::v1::Tunnel;
using Clock = std::chrono::system_clock;

constexpr std::string_view kTunnelsPrefix = "tunnels/";

// A tunnel's name without "tunnels/", or what the operator typed so.
std::string_view TunnelId(std::string_view name) {
  if (name.starts_with(kTunnelsPrefix)) name.remove_prefix(kTunnelsPrefix.size());
  return name;
}

std::string TunnelName(const CommandLine& line) {
  return absl::StrCat(std::string(kTunnelsPrefix), std::string(TunnelId(line.arguments[0])));
}

struct TunnelListing {
  std::vector<Tunnel> tunnels;
  int total = 0;
};

// Fetches page after page, until the last one or the limit.
Outcome FetchTunnels(const Options& options, Client& client, TunnelListing& listing) {
  admin::v1::ListTunnelsRequest request;
  request.set_path_prefix(options.path);
  request.set_viewer_range(options.viewer);
  if (options.idle) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*options.idle);
    request.mutable_idle_longer_than()->set_seconds(seconds.count());
    request.mutable_idle_longer_than()->set_nanos(
        static_cast<int>(std::chrono::nanoseconds(*options.idle - seconds).count()));
  }
  if (options.age) *request.mutable_open_longer_than() = ToDurationProto(*options.age);
  while (true) {
    const int left = options.limit ? *options.limit - static_cast<int>(listing.tunnels.size()) : options.page_size;
    request.set_page_size(std::min(options.page_size, left));
    admin::v1::ListTunnelsResponse response;
    const Outcome called = client.Call(client.sidecar(), &SidecarAdmin::Stub::ListTunnels, request, response);
    if (called) return called;
    listing.total = response.total_size();
    for (Tunnel& tunnel : *response.mutable_tunnels()) {
      listing.tunnels.push_back(std::move(tunnel));
      if (options.limit && listing.tunnels.size() == static_cast<std::size_t>(*options.limit)) return std::nullopt;
    }
    if (response.next_page_token().empty()) return std::nullopt;
    if (response.tunnels().empty() || response.next_page_token() == request.page_token()) {
      return Failure{ExitCode::kRefused, "the sidecar's list of tunnels does not end: it repeats a page"};
    }
    request.set_page_token(response.next_page_token());
  }
}

std::string AgeAt(Clock::time_point now, const google::protobuf::Timestamp& time) {
  return FormatAge(now - FromProto(time));
}

std::string State(const Tunnel& tunnel) { return tunnel.closing().empty() ? "open" : tunnel.closing(); }

Outcome PrintTunnels(const TunnelListing& listing, const Options& options) {
  constexpr auto kRight = Column::Align::kRight;
  Table table({{.header = "TUNNEL"},
               {.header = "VIEWER"},
               {.header = "AGE", .align = kRight},
               {.header = "IDLE", .align = kRight},
               {.header = "FRAMES-IN", .align = kRight, .drop_order = 1},
               {.header = "FRAMES-OUT", .align = kRight, .drop_order = 2},
               {.header = "BYTES-IN", .align = kRight, .drop_order = 3},
               {.header = "BYTES-OUT", .align = kRight, .drop_order = 4},
               {.header = "PATH", .min_width = 8, .drop_order = 6},
               {.header = "ROOM", .min_width = 8, .drop_order = 7},
               {.header = "STATE", .drop_order = 5}});
  const Clock::time_point now = Clock::now();
  for (const Tunnel& tunnel : listing.tunnels) {
    table.AddRow({std::string(TunnelId(tunnel.name())), tunnel.viewer_address(), AgeAt(now, tunnel.open_time()),
                  AgeAt(now, tunnel.last_activity_time()), absl::StrCat(tunnel.from_viewer().data_frames()),
                  absl::StrCat(tunnel.from_upstream().data_frames()),
                  FormatBytes(static_cast<double>(tunnel.from_viewer().bytes())),
                  FormatBytes(static_cast<double>(tunnel.from_upstream().bytes())), tunnel.path(), tunnel.room(),
                  State(tunnel)});
  }
  return Print(table.Render(TerminalWidth(), options.no_headers ? Table::Headers::kHidden : Table::Headers::kShown));
}

std::string TrafficText(Clock::time_point now, const Tunnel::Traffic& traffic) {
  std::string text =
      absl::StrCat(traffic.data_frames(), " frames, ", FormatBytes(static_cast<double>(traffic.bytes())));
  if (traffic.has_last_data_time()) absl::StrAppend(&text, ", the last ", AgeAt(now, traffic.last_data_time()), " ago");
  if (traffic.blocked()) absl::StrAppend(&text, "; waits for the other side to read");
  if (traffic.close_code() != 0) absl::StrAppend(&text, "; Close ", traffic.close_code());
  return text;
}

}  // namespace

Outcome ListTunnels(const CommandLine& line, Client& client) {
  TunnelListing listing;
  const Outcome fetched = FetchTunnels(line.options, client, listing);
  if (fetched) return fetched;
  if (line.options.json) return PrintJsonArray(listing.tunnels);
  const std::size_t shown = listing.tunnels.size();
  if (shown == 0) {
    std::fprintf(stderr, listing.total == 0 ? "no open tunnels\n" : "none of %d tunnels\n", listing.total);
    return std::nullopt;
  }
  const Outcome printed = PrintTunnels(listing, line.options);
  if (!printed && shown < static_cast<std::size_t>(listing.total)) {
    std::fprintf(stderr, "%zu of %d tunnels\n", shown, listing.total);
  }
  return printed;
}

Outcome GetTunnel(const CommandLine& line, Client& client) {
  admin::v1::GetTunnelRequest request;
  request.set_name(TunnelName(line));
  Tunnel tunnel;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetTunnel, request, tunnel, TunnelId(request.name()));
  if (called) return called;
  if (line.options.json) return PrintJson(tunnel);
  const Clock::time_point now = Clock::now();
  return Print(RenderFields({{"tunnel", std::string(TunnelId(tunnel.name()))},
                             {"state", State(tunnel)},
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
                                                     AgeAt(now, tunnel.open_time()), " ago)")},
                             {"idle for", AgeAt(now, tunnel.last_activity_time())},
                             {"from viewer", TrafficText(now, tunnel.from_viewer())},
                             {"from upstream", TrafficText(now, tunnel.from_upstream())},
                             {"ping", tunnel.awaiting_pong() ? "not answered yet" : ""}}));
}

Outcome CloseTunnel(const CommandLine& line, Client& client) {
  admin::v1::CloseTunnelRequest request;
  request.set_name(TunnelName(line));
  request.set_code(line.options.code);
  request.set_reason(line.options.reason);
  admin::v1::CloseTunnelResponse response;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::CloseTunnel, request, response, TunnelId(request.name()));
  if (called) return called;
  if (line.options.json) return PrintJson(response);
  return Print(absl::StrCat("closing ", Escape(TunnelId(request.name())), " with code ", request.code(), "\n"));
}

}  // namespace viaduct::ctl
