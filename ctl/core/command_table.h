#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "ctl/core/options.h"

namespace viaduct::ctl {

// The closed list of commands and flags. Parsing, help and shell completion all follow from it.

struct Flag {
  // Without the two dashes. A name means the same with every command that has it.
  std::string_view name;
  // What stands for its value in help; empty for a switch, which takes none. "FILE" is completed as a path, "CONTEXT"
  // by the contexts' names.
  std::string_view value;
  std::string_view help;
  // The environment variable that is read where the flag is not given; may be empty.
  std::string_view environment;
  // Values that completion offers, separated by spaces; may be empty.
  std::string_view choices;
  // Puts the value into the options; an error says the rule that the value breaks.
  absl::Status (*set)(std::string_view value, Options& options);
};

// Which program's admin API a command calls.
enum class Calls { kNothing, kChat, kSidecar };

enum class CommandId {
  kConnectionsList,
  kConnectionsGet,
  kConnectionsSend,
  kConnectionsClose,
  kBroadcast,
  kWatch,
  kStats,
  kDrain,
  kUndrain,
  kStatus,
  kSettingsGet,
  kSettingsSet,
  kHealth,
  kTunnelsList,
  kTunnelsGet,
  kTunnelsClose,
  kSidecarStats,
  kSidecarLadder,
  kSidecarPolicy,
  kSidecarRanges,
  kSidecarReload,
  kSidecarStatus,
  kSidecarDrain,
  kSidecarUndrain,
  kExplain,
  kContextList,
  kContextUse,
  kCompletion,
  kVersion,
  kHelp,
};

struct Command {
  CommandId id;
  // One word, or a group of one or two words and a verb: "connections list".
  std::string_view name;
  // What stands for its arguments in help.
  std::string_view arguments;
  std::size_t min_arguments;
  std::size_t max_arguments;
  // Values that completion offers for the first argument, separated by spaces; "ID" offers the open connections,
  // "TUNNEL" the open tunnels, "CONTEXT" the contexts' names.
  std::string_view choices;
  // What it talks to, and so needs endpoint and credentials for.
  Calls calls;
  std::span<const Flag> flags;
  std::string_view summary;
  // Further lines of help, then examples; each ends with a newline.
  std::string_view details;
  std::string_view examples;
};

std::span<const Command> Commands();
std::span<const Flag> GlobalFlags();

// The flag of that name of any command, or nullptr.
const Flag* FindFlag(std::string_view name);

// Whether `command` takes `flag`, as its own or as a global one.
bool Takes(const Command& command, const Flag& flag);

}  // namespace viaduct::ctl
