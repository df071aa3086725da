#include "ctl/sidecar/tunnels_list.h"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/options/list_options.h"
#include "ctl/options/sort_key.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"
#include "ctl/sidecar/open_tunnels.h"
#include "ctl/sidecar/tunnel_filter.h"
#include "ctl/sidecar/tunnel_name.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Tunnel;
using Clock = std::chrono::system_clock;

struct Options {
  TunnelFilter filter;
  PageOptions pages;
  std::string sort;
};

Outcome List(const Options& options, const Invocation& invocation, Client& client) {
  OpenTunnels open;
  // Which are the first ones is known only when all have come.
  const std::optional<int> limit = options.sort.empty() ? options.pages.limit : std::nullopt;
  const Outcome fetched = FetchTunnels(client, options.pages.page_size, limit, options.filter, &open);
  if (fetched) return fetched;
  if (!options.sort.empty()) {
    SortKey::Create(*Tunnel::descriptor(), options.sort)->Sort(&open.tunnels);
    CutToLimit(options.pages, &open.tunnels);
  }
  if (invocation.options.structured()) return PrintMessages(open.tunnels, invocation.options.format);
  const std::size_t shown = open.tunnels.size();
  if (shown == 0) {
    std::fprintf(stderr, open.total == 0 ? "no open tunnels\n" : "none of %d tunnels match\n", open.total);
    return std::nullopt;
  }
  const Outcome printed = Print(RenderTunnels(open.tunnels, Clock::now(), invocation.options.look()));
  if (!printed && shown < static_cast<std::size_t>(open.total)) {
    std::fprintf(stderr, "%zu of %d tunnels\n", shown, open.total);
  }
  return printed;
}

}  // namespace

std::string RenderTunnels(const std::vector<Tunnel>& tunnels, Clock::time_point now, const Look& look) {
  constexpr auto kRight = Column::Align::kRight;
  Table table({{.header = "TUNNEL"},
               {.header = "VIEWER"},
               {.header = "AGE", .align = kRight},
               {.header = "IDLE", .align = kRight},
               {.header = "FRAMES-IN", .align = kRight, .drop_order = 4},
               {.header = "FRAMES-OUT", .align = kRight, .drop_order = 5},
               {.header = "BYTES-IN", .align = kRight, .drop_order = 6},
               {.header = "BYTES-OUT", .align = kRight, .drop_order = 7},
               {.header = "PATH", .min_width = 10, .drop_order = 3},
               {.header = "ROOM", .min_width = 8, .drop_order = 1},
               {.header = "STATE", .drop_order = 2},
               {.header = "EDGE", .only_wide = true},
               {.header = "SECRET", .only_wide = true},
               {.header = "CLOUDFRONT-ID", .only_wide = true}});
  for (const Tunnel& tunnel : tunnels) {
    table.AddRow({std::string(TunnelId(tunnel.name())), tunnel.viewer_address(), AgeText(now, tunnel.open_time()),
                  AgeText(now, tunnel.last_activity_time()), absl::StrCat(tunnel.from_viewer().data_frames()),
                  absl::StrCat(tunnel.from_upstream().data_frames()),
                  FormatBytes(static_cast<double>(tunnel.from_viewer().bytes())),
                  FormatBytes(static_cast<double>(tunnel.from_upstream().bytes())), tunnel.path(), tunnel.room(),
                  tunnel.closing().empty() ? "open" : tunnel.closing(), tunnel.edge_address(),
                  tunnel.secret_generation(), tunnel.cloudfront_id()});
  }
  return table.Render(look);
}

Command TunnelsListCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "sidecar tunnels list",
      .calls = Calls::kSidecar,
      .flags = JoinFlags({TunnelFilterFlags(&options->filter),
                          PageFlags(&options->pages, "tunnels fetched per call (default 500, max 1000)"),
                          {SortFlag(*Tunnel::descriptor(), &options->sort)}}),
      .summary = "Lists the sidecar's open tunnels.",
      .details = kListDetails,
      .examples =
          "  viaductctl sidecar tunnels list\n"
          "  viaductctl sidecar tunnels list --path /websocket --idle 10m\n"
          "  viaductctl sidecar tunnels list --sort -from_viewer.bytes --limit 10\n"
          "  viaductctl sidecar tunnels list --json | jq -r '.[].viewer_address' | sort | uniq -c\n",
      .check = [options](const Arguments&) { return CheckList(*Tunnel::descriptor(), options->sort, options->pages); },
      .call = [options](const Invocation& invocation, Client& client) { return List(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
