#include "ctl/commands.h"

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/core/command_table.h"
#include "ctl/core/completion.h"
#include "ctl/core/help.h"
#include "ctl/core/man_page.h"
#include "ctl/output/print.h"
#include "ctl/output/print_json.h"

namespace viaduct::ctl {
namespace {

Outcome UsageFailure(const absl::Status& status) {
  return Failure{ExitCode::kUsage, std::string(status.message().data(), status.message().size())};
}

Outcome Help(const CommandLine& line) {
  if (line.options.man) return Print(ManPage());
  std::size_t used = 0;
  const Command* command = FindCommand(line.arguments, used);
  if (command != nullptr && used == line.arguments.size()) return Print(CommandHelp(*command));
  if (IsNothingOrGroup(line.arguments)) return Print(GeneralHelp());
  return UsageFailure(UnknownCommand(line.arguments));
}

Outcome Version(const CommandLine& line) {
  if (line.options.json) return Print("{\"version\":\"" VIADUCT_VERSION "\"}\n");
  return Print("viaductctl " VIADUCT_VERSION "\n");
}

Outcome Completion(const CommandLine& line) {
  const absl::StatusOr<std::string> script = CompletionScript(line.arguments[0]);
  return script.ok() ? Print(*script) : UsageFailure(script.status());
}

using ChatCommand = Outcome (*)(const CommandLine& line, Client& client);

Outcome RunWithClient(ChatCommand command, const CommandLine& line) {
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(line.options, line.command->calls);
  return client.ok() ? command(line, **client) : UsageFailure(client.status());
}

}  // namespace

Outcome Run(const CommandLine& line) {
  if (line.help) return Print(line.command == nullptr ? GeneralHelp() : CommandHelp(*line.command));
  switch (line.command->id) {
    case CommandId::kConnectionsList:
      return RunWithClient(ListConnections, line);
    case CommandId::kConnectionsGet:
      return RunWithClient(GetConnection, line);
    case CommandId::kConnectionsSend:
      return RunWithClient(SendMessage, line);
    case CommandId::kConnectionsClose:
      return RunWithClient(CloseConnection, line);
    case CommandId::kBroadcast:
      return RunWithClient(Broadcast, line);
    case CommandId::kWatch:
      return RunWithClient(Watch, line);
    case CommandId::kStats:
      return RunWithClient(Stats, line);
    case CommandId::kDrain:
      return RunWithClient(Drain, line);
    case CommandId::kUndrain:
      return RunWithClient(Undrain, line);
    case CommandId::kStatus:
      return RunWithClient(Status, line);
    case CommandId::kSettingsGet:
      return RunWithClient(GetSettings, line);
    case CommandId::kSettingsSet:
      return RunWithClient(SetSettings, line);
    case CommandId::kHealth:
      return RunWithClient(Health, line);
    case CommandId::kTunnelsList:
      return RunWithClient(ListTunnels, line);
    case CommandId::kTunnelsGet:
      return RunWithClient(GetTunnel, line);
    case CommandId::kTunnelsClose:
      return RunWithClient(CloseTunnel, line);
    case CommandId::kSidecarStats:
      return RunWithClient(SidecarStats, line);
    case CommandId::kSidecarLadder:
      return RunWithClient(SidecarLadder, line);
    case CommandId::kSidecarPolicy:
      return RunWithClient(SidecarPolicy, line);
    case CommandId::kSidecarRanges:
      return RunWithClient(SidecarRanges, line);
    case CommandId::kSidecarReload:
      return RunWithClient(SidecarReload, line);
    case CommandId::kSidecarStatus:
      return RunWithClient(SidecarStatus, line);
    case CommandId::kSidecarDrain:
      return RunWithClient(SidecarDrain, line);
    case CommandId::kSidecarUndrain:
      return RunWithClient(SidecarUndrain, line);
    case CommandId::kExplain:
      return ExplainHead(line);
    case CommandId::kContextList:
      return ListContexts(line);
    case CommandId::kContextUse:
      return UseContext(line);
    case CommandId::kCompletion:
      return Completion(line);
    case CommandId::kVersion:
      return Version(line);
    case CommandId::kHelp:
      return Help(line);
  }
}

Outcome Health(const CommandLine& line, Client& client) {
  using grpc::health::v1::HealthCheckResponse;
  HealthCheckResponse response;
  const Outcome called = client.Call(client.health(), &grpc::health::v1::Health::Stub::Check,
                                     grpc::health::v1::HealthCheckRequest(), response);
  if (called) return called;
  const std::string word = HealthCheckResponse::ServingStatus_Name(response.status());
  const Outcome printed = line.options.json ? PrintJson(response) : Print(word + "\n");
  if (printed || response.status() == HealthCheckResponse::SERVING) return printed;
  return Failure{ExitCode::kRefused, absl::StrCat("the chat is not serving: its health is ", word)};
}

}  // namespace viaduct::ctl
