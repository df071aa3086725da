#include "ctl/sidecar/drain.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/output/print_json.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;

std::string TimeText(const google::protobuf::Timestamp& time) { return FormatTime(FromProto(time)); }

Outcome PrintStatus(const admin::v1::Drain& status, const GlobalOptions& options) {
  if (options.json) return PrintJson(status);
  const bool drains = status.state() != admin::v1::Drain::SERVING;
  const bool stops = status.cause() == admin::v1::Drain::STOP;
  return Print(RenderFields(
      {{"state", absl::AsciiStrToLower(admin::v1::Drain::State_Name(status.state()))},
       {"because", !drains ? ""
                   : stops ? "the process is shutting down"
                           : "an operator requested it"},
       {"since", drains ? TimeText(status.start_time()) : ""},
       {"open tunnels cut at", drains ? TimeText(status.deadline()) : ""},
       {"tunnels", absl::StrCat(status.open(), " open",
                                drains ? absl::StrCat(", ", status.closed(), " closed by the drain") : "")}}));
}

Outcome Drain(const Invocation& invocation, Client& client) {
  admin::v1::Drain status;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::Drain, admin::v1::DrainSidecarRequest(), status);
  return called ? called : PrintStatus(status, invocation.options);
}

Outcome Undrain(const Invocation& invocation, Client& client) {
  admin::v1::Drain status;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::CancelDrain, admin::v1::CancelDrainRequest(), status);
  return called ? called : PrintStatus(status, invocation.options);
}

Outcome Status(const Invocation& invocation, Client& client) {
  admin::v1::Drain status;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetDrain, admin::v1::GetDrainRequest(), status);
  return called ? called : PrintStatus(status, invocation.options);
}

}  // namespace

Command SidecarDrainCommand() {
  return {
      .name = "sidecar drain",
      .calls = Calls::kSidecar,
      .summary = "Takes the sidecar out of service like SIGTERM, but keeps it running.",
      .details = "Health checks and upgrades get a 503, and tunnels get Close 1012 over the configured spread.\n",
      .examples = "  viaductctl sidecar drain\n",
      .call = Drain,
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
          "  while ! viaductctl sidecar status | grep -q drained; do sleep 1; done\n",
      .call = Status,
  };
}

}  // namespace viaduct::ctl
