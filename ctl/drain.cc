// The commands that take the chat out of service and back.
#include <algorithm>
#include <chrono>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/commands.h"
#include "ctl/output/print.h"
#include "ctl/output/print_json.h"
#include "ctl/output/progress.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::ChatAdmin;

Outcome PrintDrain(const admin::v1::Drain& drain, const Options& options) {
  if (options.json) return PrintJson(drain);
  const bool drains = drain.state() != admin::v1::Drain::SERVING;
  std::string open = absl::StrCat(drain.open(), " open");
  if (drains) absl::StrAppend(&open, " of ", drain.open_at_start());
  return Print(RenderFields({{"state", absl::AsciiStrToLower(admin::v1::Drain::State_Name(drain.state()))},
                             {"because", !drains                                   ? ""
                                         : drain.cause() == admin::v1::Drain::STOP ? "the process is stopping"
                                                                                   : "an operator said so"},
                             {"since", drains ? FormatTime(FromProto(drain.start_time())) : ""},
                             {"last close at", drains ? FormatTime(FromProto(drain.spread_end_time())) : ""},
                             {"connections", open}}));
}

Outcome Ask(Client& client, admin::v1::Drain& drain) {
  return client.Call(client.chat(), &ChatAdmin::Stub::GetDrain, admin::v1::GetDrainRequest(), drain);
}

// Until nobody is left, or the drain was taken back.
Outcome Follow(Client& client, admin::v1::Drain& drain) {
  return FollowProgress("draining", [&](Progress* progress) -> Outcome {
    if (const Outcome asked = Ask(client, drain)) return asked;
    if (drain.state() == admin::v1::Drain::SERVING) return Failure{ExitCode::kRefused, "the drain was taken back"};
    progress->of = drain.open_at_start();
    progress->done = std::max<std::int64_t>(progress->of - drain.open(), 0);
    if (drain.state() == admin::v1::Drain::DRAINED) progress->done = progress->of;
    return std::nullopt;
  });
}

}  // namespace

Outcome Drain(const CommandLine& line, Client& client) {
  admin::v1::DrainChatRequest request;
  if (line.options.spread) *request.mutable_spread() = ToDurationProto(*line.options.spread);
  admin::v1::Drain drain;
  if (const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::Drain, request, drain)) return called;
  if (line.options.wait) {
    if (const Outcome followed = Follow(client, drain)) return followed;
  }
  return PrintDrain(drain, line.options);
}

Outcome Undrain(const CommandLine& line, Client& client) {
  admin::v1::Drain drain;
  const Outcome called =
      client.Call(client.chat(), &ChatAdmin::Stub::CancelDrain, admin::v1::CancelDrainRequest(), drain);
  return called ? called : PrintDrain(drain, line.options);
}

Outcome Status(const CommandLine& line, Client& client) {
  admin::v1::Drain drain;
  const Outcome asked = Ask(client, drain);
  return asked ? asked : PrintDrain(drain, line.options);
}

}  // namespace viaduct::ctl
