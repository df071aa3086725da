#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/core/command.h"
#include "ctl/core/flag.h"
#include "ctl/core/global_options.h"

namespace viaduct::ctl {

// The commands of a program and the flags that all of them take. The command line, help, the manual page and completion
// walk over it and know no command by its name.
//
// Flags write into the options that it and its commands hold, so a table serves one command line. Everything that it
// returns points into it. Not thread-safe.
class CommandTable {
 public:
  explicit CommandTable(std::vector<Command> commands);

  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  std::span<const Command> commands() const { return commands_; }
  std::span<const Flag> global_flags() const { return global_flags_; }
  // The options that the global flags write.
  GlobalOptions& global_options() { return global_options_; }

  // Returns the command whose name begins `words`, or nullptr; sets `used` to the number of words in its name.
  const Command* Find(std::span<const std::string> words, std::size_t* used) const;

  // True if the names of several commands begin with these words: "connections", "sidecar tunnels".
  bool IsGroup(std::string_view words) const;

  // Returns every group once.
  std::vector<std::string_view> Groups() const;

  // Returns the words that may follow those of a group, each once; for "" the first words of all commands.
  std::vector<std::string_view> NextWords(std::string_view group) const;

  // Returns the global flags, then those of commands; one for each name, although several commands may have a flag of
  // that name.
  std::vector<const Flag*> AllFlags() const;

 private:
  const std::vector<Command> commands_;
  GlobalOptions global_options_;
  const std::vector<Flag> global_flags_;
};

// Returns the first `count` words, separated by spaces.
std::string JoinWords(std::span<const std::string> words, std::size_t count);

}  // namespace viaduct::ctl
