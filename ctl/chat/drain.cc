#include "ctl/chat/drain.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/chat/spread_options.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_json.h"
#include "ctl/output/progress.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::ChatAdmin;

Outcome PrintDrain(const admin::v1::Drain& drain, const GlobalOptions& options) {
  if (options.json) return PrintJson(drain);
  const bool drains = drain.state() != admin::v1::Drain::SERVING;
  std::string open = absl::StrCat(drain.open(), " open");
  if (drains) absl::StrAppend(&open, " of ", drain.open_at_start());
  return Print(RenderFields({{"state", absl::AsciiStrToLower(admin::v1::Drain::State_Name(drain.state()))},
                             {"because", !drains                                   ? ""
                                         : drain.cause() == admin::v1::Drain::STOP ? "the process is shutting down"
                                                                                   : "an operator requested it"},
                             {"since", drains ? FormatTime(FromProto(drain.start_time())) : ""},
                             {"last close at", drains ? FormatTime(FromProto(drain.spread_end_time())) : ""},
                             {"connections", open}}));
}

Outcome Ask(Client& client, admin::v1::Drain& drain) {
  return client.Call(client.chat(), &ChatAdmin::Stub::GetDrain, admin::v1::GetDrainRequest(), drain);
}

// Shows the progress until no connection is left or the drain is cancelled.
Outcome Follow(Client& client, admin::v1::Drain& drain) {
  return FollowProgress("draining", [&](Progress* progress) -> Outcome {
    if (const Outcome asked = Ask(client, drain)) return asked;
    if (drain.state() == admin::v1::Drain::SERVING) return Failure{ExitCode::kRefused, "the drain was cancelled"};
    progress->of = drain.open_at_start();
    progress->done = std::max<std::int64_t>(progress->of - drain.open(), 0);
    if (drain.state() == admin::v1::Drain::DRAINED) progress->done = progress->of;
    return std::nullopt;
  });
}

Outcome Drain(const SpreadOptions& options, const Invocation& invocation, Client& client) {
  admin::v1::DrainChatRequest request;
  if (options.spread) *request.mutable_spread() = ToDurationProto(*options.spread);
  admin::v1::Drain drain;
  if (const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::Drain, request, drain)) return called;
  if (options.wait) {
    if (const Outcome followed = Follow(client, drain)) return followed;
  }
  return PrintDrain(drain, invocation.options);
}

Outcome Undrain(const Invocation& invocation, Client& client) {
  admin::v1::Drain drain;
  const Outcome called =
      client.Call(client.chat(), &ChatAdmin::Stub::CancelDrain, admin::v1::CancelDrainRequest(), drain);
  return called ? called : PrintDrain(drain, invocation.options);
}

Outcome Status(const Invocation& invocation, Client& client) {
  admin::v1::Drain drain;
  const Outcome asked = Ask(client, drain);
  return asked ? asked : PrintDrain(drain, invocation.options);
}

}  // namespace

Command DrainCommand() {
  const auto options = std::make_shared<SpreadOptions>();
  return {
      .name = "drain",
      .calls = Calls::kChat,
      .flags = {SpreadFlag(options.get()), WaitFlag(options.get())},
      .summary = "Takes the chat out of service: every client gets Close 1012, spread over --spread.",
      .details =
          "The chat keeps running, and 'viaductctl undrain' takes it back. /readyz and 'health' report the drain.\n",
      .examples = "  viaductctl drain --spread 2m --wait\n",
      .call = [options](const Invocation& invocation, Client& client) { return Drain(*options, invocation, client); },
  };
}

Command UndrainCommand() {
  return {
      .name = "undrain",
      .calls = Calls::kChat,
      .summary = "Takes the chat back into service.",
      .details = "Connections that are still open stay open. A chat that is shutting down cannot be taken back.\n",
      .examples = "  viaductctl undrain\n",
      .call = Undrain,
  };
}

Command StatusCommand() {
  return {
      .name = "status",
      .calls = Calls::kChat,
      .summary = "Shows whether the chat is serving or draining, and the progress.",
      .examples =
          "  viaductctl status\n"
          "  viaductctl status --json | jq -r .state\n",
      .call = Status,
  };
}

}  // namespace viaduct::ctl
