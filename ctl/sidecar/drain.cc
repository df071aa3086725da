#include "ctl/sidecar/drain.h"

#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/options/confirmation.h"
#include "ctl/options/drain_progress.h"
#include "ctl/options/spread_options.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;

std::string TimeText(const google::protobuf::Timestamp& time) { return FormatTime(FromProto(time)); }

struct Options {
  bool wait = false;
  bool yes = false;
};

Outcome PrintStatus(const admin::v1::Drain& status, const Client& client, const GlobalOptions& options) {
  if (options.structured()) return PrintMessage(status, options.format);
  const bool drains = status.state() != admin::v1::Drain::SERVING;
  const bool stops = status.cause() == admin::v1::Drain::STOP;
  return Print(RenderFields(
      {{"sidecar", client.target()},
       {"state", absl::AsciiStrToLower(admin::v1::Drain::State_Name(status.state()))},
       {"because", !drains ? ""
                   : stops ? "the process is shutting down"
                           : "an operator requested it"},
       {"since", drains ? TimeText(status.start_time()) : ""},
       {"open tunnels cut at", drains ? TimeText(status.deadline()) : ""},
       {"tunnels", absl::StrCat(status.open(), " open",
                                drains ? absl::StrCat(", ", status.closed(), " closed by the drain") : "")}},
      options.look()));
}

Outcome Ask(Client& client, admin::v1::Drain& status) {
  return client.Call(client.sidecar(), &SidecarAdmin::Stub::GetDrain, admin::v1::GetDrainRequest(), status);
}

// Asks for confirmation, with the number of tunnels that the drain would close.
Outcome ConfirmDrain(const Options& options, Client& client) {
  if (!WouldAsk(options.yes)) return std::nullopt;
  admin::v1::Drain status;
  if (const Outcome asked = Ask(client, status)) return asked;
  return Confirm(absl::StrCat("take the sidecar on ", client.target(), " out of service, which has ", status.open(),
                              " tunnels open?"),
                 options.yes);
}

Outcome Drain(const Options& options, const Invocation& invocation, Client& client) {
  if (const Outcome confirmed = ConfirmDrain(options, client)) return confirmed;
  admin::v1::Drain status;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::Drain, admin::v1::DrainSidecarRequest(), status);
  if (called) return called;
  if (options.wait) {
    const Outcome followed = FollowDrain([&](admin::v1::Drain* asked) { return Ask(client, *asked); }, &status);
    if (followed) return followed;
  }
  return PrintStatus(status, client, invocation.options);
}

Outcome Undrain(const Invocation& invocation, Client& client) {
  admin::v1::Drain status;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::CancelDrain, admin::v1::CancelDrainRequest(), status);
  return called ? called : PrintStatus(status, client, invocation.options);
}

Outcome Status(const Invocation& invocation, Client& client) {
  admin::v1::Drain status;
  const Outcome called = Ask(client, status);
  return called ? called : PrintStatus(status, client, invocation.options);
}

}  // namespace

Command SidecarDrainCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "sidecar drain",
      .calls = Calls::kSidecar,
      .flags = {WaitFlag(&options->wait), YesFlag(&options->yes)},
      .summary = "Takes the sidecar out of service like SIGTERM, but keeps it running.",
      .details =
          "Health checks and upgrades get a 503, and tunnels get Close 1012 over the configured spread.\n"
          "On a terminal it asks first.\n",
      .examples = "  viaductctl sidecar drain --wait\n",
      .call = [options](const Invocation& invocation, Client& client) { return Drain(*options, invocation, client); },
  };
}

Command SidecarUndrainCommand() {
  return {
      .name = "sidecar undrain",
      .calls = Calls::kSidecar,
      .summary = "Takes the sidecar back into service.",
      .details =
          "Tunnels that have been sent a Close still end. A sidecar that is shutting down cannot be taken back.\n",
      .examples = "  viaductctl sidecar undrain\n",
      .call = Undrain,
  };
}

Command SidecarStatusCommand() {
  return {
      .name = "sidecar status",
      .calls = Calls::kSidecar,
      .summary = "Shows whether the sidecar is serving or draining, and the progress.",
      .examples =
          "  viaductctl sidecar status\n"
          "  viaductctl sidecar status --json | jq -r .state\n",
      .call = Status,
  };
}

}  // namespace viaduct::ctl
