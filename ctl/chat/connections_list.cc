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
#include "ctl/core/list_options.h"
#include "ctl/output/print_json.h"
#include "ctl/output/print_table.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Connection;
using Clock = std::chrono::system_clock;

struct Options {
  ConnectionFilter filter;
  PageOptions pages;
  bool cluster = false;
};

const std::string& ShownAddress(const Connection& connection) {
  return connection.viewer_address().empty() ? connection.peer_address() : connection.viewer_address();
}

Outcome PrintConnections(const OpenConnections& open, Table::Headers headers) {
  constexpr auto kRight = Column::Align::kRight;
  Table table({{.header = "ID"},
               {.header = "VIEWER"},
               {.header = "AGE", .align = kRight},
               {.header = "IDLE", .align = kRight},
               {.header = "QUEUED", .align = kRight, .drop_order = 1},
               {.header = "MSGS-IN", .align = kRight, .drop_order = 2},
               {.header = "MSGS-OUT", .align = kRight, .drop_order = 3},
               {.header = "BYTES-IN", .align = kRight, .drop_order = 4},
               {.header = "BYTES-OUT", .align = kRight, .drop_order = 5},
               {.header = "ROOM", .min_width = 8, .drop_order = 6},
               {.header = "USER-AGENT", .min_width = 12, .drop_order = 7}});
  const Clock::time_point now = Clock::now();
  for (const Connection& connection : open.connections) {
    const std::string idle =
        connection.has_last_message_time() ? AgeText(now, connection.last_message_time()) : std::string();
    table.AddRow({std::string(IdOf(connection.name())), ShownAddress(connection),
                  AgeText(now, connection.connect_time()), idle, FormatBytes(connection.queued_bytes()),
                  absl::StrCat(connection.messages_received()), absl::StrCat(connection.messages_sent()),
                  FormatBytes(connection.bytes_received()), FormatBytes(connection.bytes_sent()), connection.room(),
                  connection.user_agent()});
  }
  return PrintTable(table, headers);
}

Outcome List(const Options& options, const Invocation& invocation, Client& client) {
  admin::v1::ListConnectionsRequest request;
  if (const auto filter = ToProto(options.filter)) *request.mutable_filter() = *filter;
  request.set_scope(ScopeOf(options.cluster));
  OpenConnections open;
  const Outcome fetched = FetchConnections(client, options.pages.page_size, options.pages.limit, request, &open);
  if (fetched) return fetched;
  WarnOfUnanswered(open.unanswered);
  if (invocation.options.json) return PrintJsonArray(open.connections);
  const std::size_t shown = open.connections.size();
  if (shown == 0) {
    std::fputs("no open connections\n", stderr);
    return std::nullopt;
  }
  const Outcome printed = PrintConnections(open, invocation.options.headers());
  if (!printed && open.total > 0 && shown < static_cast<std::size_t>(open.total)) {
    std::fprintf(stderr, "the %zu oldest of %d connections\n", shown, open.total);
  }
  return printed;
}

}  // namespace

Command ConnectionsListCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "connections list",
      .calls = Calls::kChat,
      .flags = JoinFlags({ConnectionFilterFlags(&options->filter),
                          PageFlags(&options->pages, "connections fetched per call (default 500, max 1000)"),
                          {ClusterFlag(&options->cluster)}}),
      .summary = "Lists the open connections, oldest first.",
      .details = "If the terminal is too narrow, columns are left out; in a pipe nothing is cut.\n",
      .examples =
          "  viaductctl connections list\n"
          "  viaductctl connections list --room lobby --idle 10m\n"
          "  viaductctl connections list --json | jq -r '.[] | select(.viewer_address == \"203.0.113.9\") | .name'\n",
      .check = [options](const Arguments&) { return CheckPageOptions(options->pages); },
      .call = [options](const Invocation& invocation, Client& client) { return List(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
