#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/core/command_table.h"
#include "ctl/core/contexts.h"
#include "ctl/core/options.h"

namespace viaduct::ctl {

// What one invocation asks for. A value; `command` points into the table, which is never destroyed.
struct CommandLine {
  // Unset where nothing but help is asked for.
  const Command* command = nullptr;
  // --help or -h: explain `command`, or everything, instead of doing it.
  bool help = false;
  std::vector<std::string> arguments;
  Options options;
};

// Looks a context up by its name; by "" the current one, of which there may be none.
using ContextLookup = std::function<absl::StatusOr<std::optional<Context>>(std::string_view name)>;

// Reads the arguments after the program's name. Flags may stand anywhere before "--", as "--flag value" or
// "--flag=value", and the last of several wins; a flag wins over its environment variable, and an empty variable is as
// good as none. A context counts as a whole: one that is asked for by --context hides the variables for endpoint and
// credentials, and an endpoint that is given hides the current context. An error is one line that names the flag or
// word, the rule, and what was probably meant.
absl::StatusOr<CommandLine> ParseCommandLine(std::span<const std::string_view> words, const Environment& environment,
                                             const ContextLookup& contexts);

// The command that `words` begin with, or nullptr; `used` is how many of them its name takes.
const Command* FindCommand(std::span<const std::string> words, std::size_t& used);

// Whether `words` are none, or the first word of two-word commands alone: then the help of everything is meant.
bool IsNothingOrGroup(std::span<const std::string> words);

// The error for words that are no command: the verbs of a group, or what was probably meant.
absl::Status UnknownCommand(std::span<const std::string> words);

}  // namespace viaduct::ctl
