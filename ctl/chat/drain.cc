#include "ctl/chat/drain.h"

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

using admin::v1::ChatAdmin;

struct Options {
  SpreadOptions spread;
  bool yes = false;
};

Outcome PrintDrain(const admin::v1::Drain& drain, const Client& client, const GlobalOptions& options) {
  if (options.structured()) return PrintMessage(drain, options.format);
  const bool drains = drain.state() != admin::v1::Drain::SERVING;
  std::string open = absl::StrCat(drain.open(), " open");
  if (drains) absl::StrAppend(&open, " of ", drain.open_at_start());
  return Print(RenderFields({{"chat", client.target()},
                             {"state", absl::AsciiStrToLower(admin::v1::Drain::State_Name(drain.state()))},
                             {"because", !drains                                   ? ""
                                         : drain.cause() == admin::v1::Drain::STOP ? "the process is shutting down"
                                                                                   : "an operator requested it"},
                             {"since", drains ? FormatTime(FromProto(drain.start_time())) : ""},
                             {"last close at", drains ? FormatTime(FromProto(drain.spread_end_time())) : ""},
                             {"connections", open}},
                            options.look()));
}

Outcome Ask(Client& client, admin::v1::Drain& drain) {
  return client.Call(client.chat(), &ChatAdmin::Stub::GetDrain, admin::v1::GetDrainRequest(), drain);
}

// Asks for confirmation, with the number of connections that the drain would close.
Outcome ConfirmDrain(const Options& options, Client& client) {
  if (!WouldAsk(options.yes)) return std::nullopt;
  admin::v1::Drain drain;
  if (const Outcome asked = Ask(client, drain)) return asked;
  return Confirm(
      absl::StrCat("take the chat on ", client.target(), " out of service, which has ", drain.open(), " open?"),
      options.yes);
}

Outcome Drain(const Options& options, const Invocation& invocation, Client& client) {
  if (const Outcome confirmed = ConfirmDrain(options, client)) return confirmed;
  admin::v1::DrainChatRequest request;
  if (options.spread.spread) *request.mutable_spread() = ToDurationProto(*options.spread.spread);
  admin::v1::Drain drain;
  if (const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::Drain, request, drain)) return called;
  if (options.spread.wait) {
    const Outcome followed = FollowDrain([&](admin::v1::Drain* asked) { return Ask(client, *asked); }, &drain);
    if (followed) return followed;
  }
  return PrintDrain(drain, client, invocation.options);
}

Outcome Undrain(const Invocation& invocation, Client& client) {
  admin::v1::Drain drain;
  const Outcome called =
      client.Call(client.chat(), &ChatAdmin::Stub::CancelDrain, admin::v1::CancelDrainRequest(), drain);
  return called ? called : PrintDrain(drain, client, invocation.options);
}

Outcome Status(const Invocation& invocation, Client& client) {
  admin::v1::Drain drain;
  const Outcome asked = Ask(client, drain);
  return asked ? asked : PrintDrain(drain, client, invocation.options);
}

}  // namespace

Command DrainCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "drain",
      .calls = Calls::kChat,
      .flags = {SpreadFlag(&options->spread), WaitFlag(&options->spread.wait), YesFlag(&options->yes)},
      .summary = "Takes the chat out of service: every client gets Close 1012, spread over --spread.",
      .details =
          "The chat keeps running, and 'viaductctl undrain' takes it back. /readyz and 'health' report the drain.\n"
          "On a terminal it asks first.\n",
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
