#include "ctl/sidecar/tunnels_list.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/core/list_options.h"
#include "ctl/output/print_json.h"
#include "ctl/output/print_table.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/text.h"
#include "ctl/sidecar/tunnel_name.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;
using admin::v1::Tunnel;
using Clock = std::chrono::system_clock;

struct Options {
  std::string path;
  std::string viewer;
  std::optional<std::chrono::milliseconds> age;
  std::optional<std::chrono::milliseconds> idle;
  PageOptions pages;
};

struct OpenTunnels {
  std::vector<Tunnel> tunnels;
  // The number of open tunnels at the time of the last page.
  int total = 0;
};

// Fetches page by page, until the last one or the limit.
Outcome FetchTunnels(const Options& options, Client& client, OpenTunnels* open) {
  admin::v1::ListTunnelsRequest request;
  request.set_path_prefix(options.path);
  request.set_viewer_range(options.viewer);
  if (options.idle) *request.mutable_idle_longer_than() = ToDurationProto(*options.idle);
  if (options.age) *request.mutable_open_longer_than() = ToDurationProto(*options.age);
  const PageOptions& pages = options.pages;
  while (true) {
    const int left = pages.limit ? *pages.limit - static_cast<int>(open->tunnels.size()) : pages.page_size;
    request.set_page_size(std::min(pages.page_size, left));
    admin::v1::ListTunnelsResponse response;
    const Outcome called = client.Call(client.sidecar(), &SidecarAdmin::Stub::ListTunnels, request, response);
    if (called) return called;
    open->total = response.total_size();
    for (Tunnel& tunnel : *response.mutable_tunnels()) {
      open->tunnels.push_back(std::move(tunnel));
      if (pages.limit && open->tunnels.size() == static_cast<std::size_t>(*pages.limit)) return std::nullopt;
    }
    if (response.next_page_token().empty()) return std::nullopt;
    if (response.tunnels().empty() || response.next_page_token() == request.page_token()) {
      return Failure{ExitCode::kRefused, "the sidecar listed the same page of tunnels twice"};
    }
    request.set_page_token(response.next_page_token());
  }
}

Outcome PrintTunnels(const OpenTunnels& open, Table::Headers headers) {
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
  for (const Tunnel& tunnel : open.tunnels) {
    table.AddRow({std::string(TunnelId(tunnel.name())), tunnel.viewer_address(), AgeText(now, tunnel.open_time()),
                  AgeText(now, tunnel.last_activity_time()), absl::StrCat(tunnel.from_viewer().data_frames()),
                  absl::StrCat(tunnel.from_upstream().data_frames()),
                  FormatBytes(static_cast<double>(tunnel.from_viewer().bytes())),
                  FormatBytes(static_cast<double>(tunnel.from_upstream().bytes())), tunnel.path(), tunnel.room(),
                  tunnel.closing().empty() ? "open" : tunnel.closing()});
  }
  return PrintTable(table, headers);
}

Outcome List(const Options& options, const Invocation& invocation, Client& client) {
  OpenTunnels open;
  if (const Outcome fetched = FetchTunnels(options, client, &open)) return fetched;
  if (invocation.options.json) return PrintJsonArray(open.tunnels);
  const std::size_t shown = open.tunnels.size();
  if (shown == 0) {
    std::fprintf(stderr, open.total == 0 ? "no open tunnels\n" : "none of %d tunnels match\n", open.total);
    return std::nullopt;
  }
  const Outcome printed = PrintTunnels(open, invocation.options.headers());
  if (!printed && shown < static_cast<std::size_t>(open.total)) {
    std::fprintf(stderr, "%zu of %d tunnels\n", shown, open.total);
  }
  return printed;
}

}  // namespace

Command TunnelsListCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "sidecar tunnels list",
      .calls = Calls::kSidecar,
      .flags = JoinFlags({{{.name = "path",
                            .value = "PREFIX",
                            .help = "only tunnels whose target begins with this",
                            .read = ReadText(&options->path)},
                           ViewerFlag(&options->viewer),
                           AgeFlag(&options->age),
                           IdleFlag(&options->idle)},
                          PageFlags(&options->pages, "tunnels fetched per call (default 500, max 1000)")}),
      .summary = "Lists the sidecar's open tunnels.",
      .details = "If the terminal is too narrow, columns are left out; in a pipe nothing is cut.\n",
      .examples =
          "  viaductctl sidecar tunnels list\n"
          "  viaductctl sidecar tunnels list --path /websocket --idle 10m\n"
          "  viaductctl sidecar tunnels list --json | jq -r '.[].viewer_address' | sort | uniq -c\n",
      .check = [options](const Arguments&) { return CheckPageOptions(options->pages); },
      .call = [options](const Invocation& invocation, Client& client) { return List(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
