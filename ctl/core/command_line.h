#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/core/command_table.h"
#include "ctl/core/environment.h"
#include "ctl/core/surroundings.h"

namespace viaduct::ctl {

// One parsed invocation. A value; `command` points into the table that it was parsed with.
struct CommandLine {
  // Unset if only the version, or the help for a group or for everything, is requested.
  const Command* command = nullptr;
  // --help or -h: explains `command`, or a group, or everything, instead of running it.
  bool help = false;
  // The words of that group, "sidecar tunnels"; "" for everything.
  std::string group = "";
  // --version without a command.
  bool version = false;
  Arguments arguments = {};
};

// Reads the arguments that follow the program's name. Flags may appear anywhere before "--", as "--flag value",
// "--flag=value" or "-f value", and the last of several wins. Writes the global options of `table` and the options of
// the command. A flag wins over its environment variable; see ApplySurroundings for what else counts. An error is one
// line that names the flag or word, the rule, and the closest valid name if there is one.
absl::StatusOr<CommandLine> ParseCommandLine(CommandTable& table, std::span<const std::string_view> words,
                                             const Environment& environment, const ContextLookup& contexts);

// True if there are no words or only those of a group.
bool IsNothingOrGroup(const CommandTable& table, std::span<const std::string> words);

// Returns the error for words that name no command: it lists the verbs of a group, or names the closest command.
absl::Status UnknownCommand(const CommandTable& table, std::span<const std::string> words);

}  // namespace viaduct::ctl
