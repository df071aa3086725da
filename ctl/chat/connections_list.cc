#include "ctl/chat/connections_list.h"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/chat/connection_filter.h"
#include "ctl/chat/connection_id.h"
#include "ctl/chat/open_connections.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/options/list_options.h"
#include "ctl/options/sort_key.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Connection;
using Clock = std::chrono::system_clock;

// The first part of a UUID and an ellipsis: enough for a command that takes the beginning of an ID.
constexpr std::size_t kShortIdWidth = 9;

struct Options {
  ConnectionFilter filter;
  PageOptions pages;
  std::string sort;
  bool cluster = false;
};

const std::string& ShownAddress(const Connection& connection) {
  return connection.viewer_address().empty() ? connection.peer_address() : connection.viewer_address();
}

Outcome List(const Options& options, const Invocation& invocation, Client& client) {
  admin::v1::ListConnectionsRequest request;
  if (const auto filter = ToProto(options.filter)) *request.mutable_filter() = *filter;
  request.set_scope(ScopeOf(options.cluster));
  OpenConnections open;
  // Which are the first ones is known only when all have come.
  const std::optional<int> limit = options.sort.empty() ? options.pages.limit : std::nullopt;
  if (const Outcome fetched = FetchConnections(client, options.pages.page_size, limit, request, &open)) return fetched;
  if (!options.sort.empty()) {
    SortKey::Create(*Connection::descriptor(), options.sort)->Sort(&open.connections);
    CutToLimit(options.pages, &open.connections);
  }
  WarnOfUnanswered(open.unanswered);
  if (invocation.options.structured()) return PrintMessages(open.connections, invocation.options.format);
  const std::size_t shown = open.connections.size();
  if (shown == 0) {
    std::fputs("no open connections\n", stderr);
    return std::nullopt;
  }
  const Outcome printed = Print(RenderConnections(open.connections, Clock::now(), invocation.options.look()));
  if (!printed && open.total > 0 && shown < static_cast<std::size_t>(open.total)) {
    std::fprintf(stderr, options.sort.empty() ? "the %zu oldest of %d connections\n" : "%zu of %d connections\n", shown,
                 open.total);
  }
  return printed;
}

}  // namespace

std::string RenderConnections(const std::vector<Connection>& connections, Clock::time_point now, const Look& look) {
  constexpr auto kRight = Column::Align::kRight;
  Table table({{.header = "ID", .min_width = kShortIdWidth},
               {.header = "VIEWER"},
               {.header = "AGE", .align = kRight},
               {.header = "IDLE", .align = kRight},
               {.header = "QUEUED", .align = kRight, .drop_order = 2},
               {.header = "MSGS-IN", .align = kRight, .drop_order = 3},
               {.header = "MSGS-OUT", .align = kRight, .drop_order = 4},
               {.header = "BYTES-IN", .align = kRight, .drop_order = 5},
               {.header = "BYTES-OUT", .align = kRight, .drop_order = 6},
               {.header = "ROOM", .min_width = 8, .drop_order = 1},
               {.header = "USER-AGENT", .min_width = 12, .drop_order = 7},
               {.header = "TASK", .only_wide = true},
               {.header = "CLOUDFRONT-ID", .only_wide = true}});
  for (const Connection& connection : connections) {
    const std::string idle =
        connection.has_last_message_time() ? AgeText(now, connection.last_message_time()) : std::string();
    table.AddRow({std::string(IdOf(connection.name())), ShownAddress(connection),
                  AgeText(now, connection.connect_time()), idle, FormatBytes(connection.queued_bytes()),
                  absl::StrCat(connection.messages_received()), absl::StrCat(connection.messages_sent()),
                  FormatBytes(connection.bytes_received()), FormatBytes(connection.bytes_sent()), connection.room(),
                  connection.user_agent(), connection.task(), connection.cloudfront_id()});
  }
  return table.Render(look);
}

Command ConnectionsListCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "connections list",
      .calls = Calls::kChat,
      .flags = JoinFlags({ConnectionFilterFlags(&options->filter),
                          PageFlags(&options->pages, "connections fetched per call (default 500, max 1000)"),
                          {SortFlag(*Connection::descriptor(), &options->sort), ClusterFlag(&options->cluster)}}),
      .summary = "Lists the open connections, oldest first.",
      .details = kListDetails,
      .examples =
          "  viaductctl connections list\n"
          "  viaductctl connections list --room lobby --idle 10m\n"
          "  viaductctl connections list --sort -queued_bytes --limit 10\n"
          "  viaductctl connections list -o json | jq '.[] | select(.queued_bytes > 1000000)'\n"
          "  viaductctl connections list --json | jq -r '.[] | select(.viewer_address == \"203.0.113.9\") | .name'\n",
      .check =
          [options](const Arguments&) { return CheckList(*Connection::descriptor(), options->sort, options->pages); },
      .call = [options](const Invocation& invocation, Client& client) { return List(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
