#include "ctl/sidecar/tunnels_close.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/options/close_options.h"
#include "ctl/options/confirmation.h"
#include "ctl/options/spread_options.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/progress.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/text.h"
#include "ctl/sidecar/open_tunnels.h"
#include "ctl/sidecar/tunnel_filter.h"
#include "ctl/sidecar/tunnel_name.h"

namespace viaduct::ctl {
namespace {

using admin::v1::CloseTunnelsRequest;
using admin::v1::CloseTunnelsResponse;
using admin::v1::SidecarAdmin;

struct Options {
  CloseOptions close;
  TunnelFilter filter;
  bool all = false;
  SpreadOptions spread;
  bool dry_run = false;
  bool yes = false;
};

// Checks that the command names one tunnel, a filter, or explicitly all tunnels.
absl::Status Check(const Options& options, const Arguments& arguments) {
  const auto usage = [](const char* message) { return absl::InvalidArgumentError(message); };
  const bool one = !arguments.empty();
  const bool filter = !options.filter.selects_all();
  if (one && (filter || options.all || options.spread.spread || options.dry_run || options.spread.wait)) {
    return usage("give either TUNNEL or a filter; --spread, --dry-run and --wait need a filter or --all");
  }
  if (options.all && filter) return usage("give either --all or a filter, not both");
  if (!one && !filter && !options.all) {
    return usage("'sidecar tunnels close' needs TUNNEL, a filter (--path, --viewer, --age, --idle) or --all");
  }
  return absl::OkStatus();
}

// Shows the progress until no scheduled close is pending.
Outcome FollowCloses(std::int64_t count, Client& client) {
  return FollowProgress("closing", [&](Progress* progress) -> Outcome {
    admin::v1::SidecarStats stats;
    const Outcome called =
        client.Call(client.sidecar(), &SidecarAdmin::Stub::GetStats, admin::v1::GetSidecarStatsRequest(), stats);
    if (called) return called;
    progress->of = count;
    progress->done = std::max<std::int64_t>(count - stats.closes_pending(), 0);
    return std::nullopt;
  });
}

std::string CountText(int count) { return absl::StrCat(count, count == 1 ? " tunnel" : " tunnels"); }

// Asks for confirmation, with the number of tunnels that would be closed now.
Outcome ConfirmAll(CloseTunnelsRequest request, const Options& options, Client& client) {
  if (!WouldAsk(options.yes)) return std::nullopt;
  request.set_validate_only(true);
  CloseTunnelsResponse response;
  const Outcome called = client.Call(client.sidecar(), &SidecarAdmin::Stub::CloseTunnels, request, response);
  if (called) return called;
  return Confirm(absl::StrCat("close all ", CountText(response.count()), " on ", client.target(), "?"), options.yes);
}

Outcome CloseMany(const Options& options, const Invocation& invocation, Client& client) {
  CloseTunnelsRequest request;
  if (!options.filter.selects_all()) SetFilter(options.filter, request.mutable_filter());
  request.set_all(options.all);
  request.set_code(options.close.code);
  request.set_reason(options.close.reason);
  if (options.spread.spread) *request.mutable_spread() = ToDurationProto(*options.spread.spread);
  request.set_validate_only(options.dry_run);
  if (options.all && !options.dry_run) {
    if (const Outcome confirmed = ConfirmAll(request, options, client)) return confirmed;
  }
  CloseTunnelsResponse response;
  const Outcome called = client.Call(client.sidecar(), &SidecarAdmin::Stub::CloseTunnels, request, response);
  if (called) return called;
  if (options.spread.wait && !options.dry_run) {
    if (const Outcome followed = FollowCloses(response.count(), client)) return followed;
  }
  if (invocation.options.structured()) return PrintMessage(response, invocation.options.format);
  const char* what = options.dry_run ? "would close " : options.spread.wait ? "closed " : "closing ";
  const bool goes_on = options.spread.spread && !options.spread.wait && !options.dry_run;
  return Print(absl::StrCat(what, CountText(response.count()), " on ", client.target(), " with code ", request.code(),
                            goes_on ? absl::StrCat(" over ", FormatAge(*options.spread.spread)) : "", "\n"));
}

Outcome Close(const Options& options, const Invocation& invocation, Client& client) {
  if (invocation.arguments.empty()) return CloseMany(options, invocation, client);
  admin::v1::CloseTunnelRequest request;
  if (const Outcome resolved = ResolveTunnel(invocation.arguments[0], client, request.mutable_name())) return resolved;
  request.set_code(options.close.code);
  request.set_reason(options.close.reason);
  const std::string_view id = TunnelId(request.name());
  admin::v1::CloseTunnelResponse response;
  const Outcome called = client.Call(client.sidecar(), &SidecarAdmin::Stub::CloseTunnel, request, response, id);
  if (called) return called;
  if (invocation.options.structured()) return PrintMessage(response, invocation.options.format);
  return Print(absl::StrCat("closing ", Escape(id), " on ", client.target(), " with code ", request.code(), "\n"));
}

}  // namespace

Command TunnelsCloseCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "sidecar tunnels close",
      .arguments = "[TUNNEL]",
      .max_arguments = 1,
      .argument_help = kTunnelIdHelp,
      .candidates = kTunnelIds,
      .calls = Calls::kSidecar,
      .flags = JoinFlags(
          {CloseFlags(&options->close),
           TunnelFilterFlags(&options->filter),
           {{.name = "all", .help = "close all tunnels, without a filter", .read = ReadSwitch(&options->all)},
            SpreadFlag(&options->spread),
            {.name = "dry-run", .help = "count the tunnels, but close none", .read = ReadSwitch(&options->dry_run)},
            WaitFlag(&options->spread.wait),
            YesFlag(&options->yes)}}),
      .summary = "Closes one tunnel, those that match a filter, or all of them (--all).",
      .details =
          "The viewer and the upstream get the code and the reason. With a filter or --all, it closes the tunnels "
          "that\n"
          "are open now, oldest first. The sidecar goes on closing without viaductctl; --wait waits for it and shows\n"
          "the progress, as a bar on a terminal. On a terminal, --all asks first.\n",
      .examples =
          "  viaductctl sidecar tunnels close 3f09a1c2-0-17 --code 1008 --reason 'rate limit'\n"
          "  viaductctl sidecar tunnels close --viewer 203.0.113.0/24 --dry-run\n"
          "  viaductctl sidecar tunnels close --idle 1h --code 1001 --spread 5m --wait\n",
      .check = [options](const Arguments& arguments) { return Check(*options, arguments); },
      .call = [options](const Invocation& invocation, Client& client) { return Close(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
