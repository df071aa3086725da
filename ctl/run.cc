#include "ctl/run.h"

#include <memory>

#include "absl/status/statusor.h"
#include "ctl/core/client.h"
#include "ctl/help/help_text.h"
#include "ctl/help/version_command.h"
#include "ctl/output/print.h"

namespace viaduct::ctl {

Outcome RunCommandLine(CommandTable& table, const CommandLine& line) {
  if (line.version) return Print(VersionText());
  if (line.help && line.command == nullptr) {
    return Print(line.group.empty() ? GeneralHelp(table) : GroupHelp(table, line.group));
  }
  if (line.help) return Print(CommandHelp(*line.command));
  const Command& command = *line.command;
  const Invocation invocation{.table = table, .options = table.global_options(), .arguments = line.arguments};
  if (command.run) return command.run(invocation);
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(table.global_options(), command.calls);
  return client.ok() ? command.call(invocation, **client) : UsageFailure(client.status());
}

}  // namespace viaduct::ctl
