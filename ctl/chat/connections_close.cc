#include "ctl/chat/connections_close.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/chat/connection_filter.h"
#include "ctl/chat/connection_id.h"
#include "ctl/chat/open_connections.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/options/close_options.h"
#include "ctl/options/confirmation.h"
#include "ctl/options/spread_options.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/progress.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::ChatAdmin;

struct Options {
  CloseOptions close;
  ConnectionFilter filter;
  bool all = false;
  SpreadOptions spread;
  bool dry_run = false;
  bool yes = false;
  bool cluster = false;
};

// Checks that the command names one connection, a filter, or explicitly all connections.
absl::Status Check(const Options& options, const Arguments& arguments) {
  const auto usage = [](const char* message) { return absl::InvalidArgumentError(message); };
  const bool one = !arguments.empty();
  const bool filter = ToProto(options.filter).has_value();
  if (one && (filter || options.all || options.spread.spread || options.dry_run || options.spread.wait)) {
    return usage("give either ID or a filter; --spread, --dry-run and --wait need a filter or --all");
  }
  if (options.all && filter) return usage("give either --all or a filter, not both");
  if (!one && !filter && !options.all) {
    return usage("'connections close' needs ID, a filter (--room, --viewer, --peer-range, --age, --idle) or --all");
  }
  return absl::OkStatus();
}

// Shows the progress until no scheduled close is pending.
Outcome FollowCloses(std::int64_t count, admin::v1::Scope scope, Client& client) {
  return FollowProgress("closing", [&](Progress* progress) -> Outcome {
    admin::v1::GetStatsRequest request;
    request.set_scope(scope);
    admin::v1::GetStatsResponse stats;
    if (const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::GetStats, request, stats)) return called;
    progress->of = count;
    progress->done = std::max<std::int64_t>(count - stats.closes_pending(), 0);
    return std::nullopt;
  });
}

std::string CountText(int count) { return absl::StrCat(count, count == 1 ? " connection" : " connections"); }

// Asks for confirmation, with the number of connections that would be closed now.
Outcome ConfirmAll(admin::v1::CloseConnectionsRequest request, const Options& options, Client& client) {
  if (!WouldAsk(options.yes)) return std::nullopt;
  request.set_validate_only(true);
  admin::v1::CloseConnectionsResponse response;
  const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::CloseConnections, request, response);
  if (called) return called;
  return Confirm(absl::StrCat("close all ", CountText(response.count()), " on ", client.target(), "?"), options.yes);
}

Outcome CloseMany(const Options& options, const Invocation& invocation, Client& client) {
  admin::v1::CloseConnectionsRequest request;
  if (const auto filter = ToProto(options.filter)) *request.mutable_filter() = *filter;
  request.set_all(options.all);
  request.set_code(options.close.code);
  request.set_reason(options.close.reason);
  if (options.spread.spread) *request.mutable_spread() = ToDurationProto(*options.spread.spread);
  request.set_validate_only(options.dry_run);
  request.set_scope(ScopeOf(options.cluster));
  if (options.all && !options.dry_run) {
    if (const Outcome confirmed = ConfirmAll(request, options, client)) return confirmed;
  }
  admin::v1::CloseConnectionsResponse response;
  const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::CloseConnections, request, response);
  if (called) return called;
  WarnOfUnanswered(response.unanswered());
  if (options.spread.wait && !options.dry_run) {
    if (const Outcome followed = FollowCloses(response.count(), request.scope(), client)) return followed;
  }
  if (invocation.options.structured()) return PrintMessage(response, invocation.options.format);
  const char* what = options.dry_run ? "would close " : options.spread.wait ? "closed " : "closing ";
  const bool goes_on = options.spread.spread && !options.spread.wait && !options.dry_run;
  return Print(absl::StrCat(what, CountText(response.count()), " on ", client.target(), " with code ", request.code(),
                            goes_on ? absl::StrCat(" over ", FormatAge(*options.spread.spread)) : "", "\n"));
}

Outcome Close(const Options& options, const Invocation& invocation, Client& client) {
  if (invocation.arguments.empty()) return CloseMany(options, invocation, client);
  admin::v1::CloseConnectionRequest request;
  request.set_scope(ScopeOf(options.cluster));
  const Outcome resolved = ResolveConnection(invocation.arguments[0], request.scope(), client, request.mutable_name());
  if (resolved) return resolved;
  request.set_code(options.close.code);
  request.set_reason(options.close.reason);
  const std::string_view id = IdOf(request.name());
  admin::v1::CloseConnectionResponse response;
  const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::CloseConnection, request, response, id);
  if (called) return called;
  if (invocation.options.structured()) return PrintMessage(response, invocation.options.format);
  return Print(absl::StrCat("closing ", Escape(id), " on ", client.target(), " with code ", request.code(), "\n"));
}

}  // namespace

Command ConnectionsCloseCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "connections close",
      .arguments = "[ID]",
      .max_arguments = 1,
      .argument_help = kConnectionIdHelp,
      .candidates = kConnectionIds,
      .calls = Calls::kChat,
      .flags = JoinFlags(
          {CloseFlags(&options->close),
           ConnectionFilterFlags(&options->filter),
           {{.name = "all", .help = "close all connections, without a filter", .read = ReadSwitch(&options->all)},
            SpreadFlag(&options->spread),
            {.name = "dry-run", .help = "count the connections, but close none", .read = ReadSwitch(&options->dry_run)},
            WaitFlag(&options->spread.wait),
            YesFlag(&options->yes),
            ClusterFlag(&options->cluster)}}),
      .summary = "Closes one connection, those that match a filter, or all of them (--all).",
      .details =
          "With a filter or --all, it closes the connections that are open now, oldest first. The chat goes on "
          "closing\n"
          "without viaductctl; --wait waits for it and shows the progress, as a bar on a terminal. On a terminal, "
          "--all\n"
          "asks first.\n",
      .examples =
          "  viaductctl connections close 7c9e\n"
          "  viaductctl connections close 7c9e --code 1008 --reason 'rate limit'\n"
          "  viaductctl connections close --room lobby --idle 1h --dry-run\n"
          "  viaductctl connections close --all --code 1012 --spread 5m --wait\n",
      .check = [options](const Arguments& arguments) { return Check(*options, arguments); },
      .call = [options](const Invocation& invocation, Client& client) { return Close(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
