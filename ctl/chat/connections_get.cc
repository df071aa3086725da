#include "ctl/chat/connections_get.h"

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/chat/connection_id.h"
#include "ctl/chat/open_connections.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Connection;
using Clock = std::chrono::system_clock;

struct Options {
  bool cluster = false;
};

Outcome PrintConnection(const Connection& connection, const Look& look) {
  const Clock::time_point now = Clock::now();
  const auto moment = [now](const google::protobuf::Timestamp& time) {
    return absl::StrCat(FormatTime(FromProto(time)), " (", AgeText(now, time), " ago)");
  };
  return Print(
      RenderFields({{"id", std::string(IdOf(connection.name()))},
                    {"room", connection.room()},
                    {"task", connection.task()},
                    {"viewer address", connection.viewer_address()},
                    {"peer address", connection.peer_address()},
                    {"forwarded for", connection.forwarded_for()},
                    {"cloudfront id", connection.cloudfront_id()},
                    {"user agent", connection.user_agent()},
                    {"connected", moment(connection.connect_time())},
                    {"last message", connection.has_last_message_time() ? moment(connection.last_message_time()) : ""},
                    {"received", FormatTraffic(connection.messages_received(), connection.bytes_received())},
                    {"sent", FormatTraffic(connection.messages_sent(), connection.bytes_sent())},
                    {"queued", FormatBytes(connection.queued_bytes())}},
                   look));
}

Outcome Get(const Options& options, const Invocation& invocation, Client& client) {
  admin::v1::GetConnectionRequest request;
  request.set_scope(ScopeOf(options.cluster));
  const Outcome resolved = ResolveConnection(invocation.arguments[0], request.scope(), client, request.mutable_name());
  if (resolved) return resolved;
  Connection connection;
  const Outcome called =
      client.Call(client.chat(), &admin::v1::ChatAdmin::Stub::GetConnection, request, connection, IdOf(request.name()));
  if (called) return called;
  return invocation.options.structured() ? PrintMessage(connection, invocation.options.format)
                                         : PrintConnection(connection, invocation.options.look());
}

}  // namespace

Command ConnectionsGetCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "connections get",
      .arguments = "ID",
      .min_arguments = 1,
      .max_arguments = 1,
      .argument_help = kConnectionIdHelp,
      .candidates = kConnectionIds,
      .calls = Calls::kChat,
      .flags = {ClusterFlag(&options->cluster)},
      .summary = "Shows the details of one connection.",
      .examples =
          "  viaductctl connections get 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
          "  viaductctl connections get 7c9e\n",
      .call = [options](const Invocation& invocation, Client& client) { return Get(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
