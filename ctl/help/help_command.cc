#include "ctl/help/help_command.h"

#include <cstddef>
#include <memory>
#include <string>

#include "ctl/core/command_line.h"
#include "ctl/core/command_table.h"
#include "ctl/help/help_text.h"
#include "ctl/help/man_page.h"
#include "ctl/output/print.h"

namespace viaduct::ctl {
namespace {

struct Options {
  bool man = false;
};

Outcome Help(const Options& options, const Invocation& invocation) {
  const CommandTable& table = invocation.table;
  if (options.man) return Print(ManPage(table));
  std::size_t used = 0;
  const Command* command = table.Find(invocation.arguments, &used);
  if (command != nullptr && used == invocation.arguments.size()) return Print(CommandHelp(*command));
  if (invocation.arguments.empty()) return Print(GeneralHelp(table));
  const std::string group = JoinWords(invocation.arguments, invocation.arguments.size());
  if (table.IsGroup(group)) return Print(GroupHelp(table, group));
  return UsageFailure(UnknownCommand(table, invocation.arguments));
}

}  // namespace

Command HelpCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "help",
      .arguments = "[COMMAND]",
      .max_arguments = 3,
      .flags = {{.name = "man", .help = "print the manual page (for man -l)", .read = ReadSwitch(&options->man)}},
      .summary = "Explains a command.",
      .examples =
          "  viaductctl help connections close\n"
          "  viaductctl help --man | man -l -\n",
      .run = [options](const Invocation& invocation) { return Help(*options, invocation); },
  };
}

}  // namespace viaduct::ctl
