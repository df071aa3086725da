#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/core/command_table.h"
#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// The hidden first word with which a shell asks for completions.
inline constexpr std::string_view kCompleteWord = "__complete";

// A word that may stand at the cursor. A value.
struct CompletionWord {
  std::string word;
  std::string description;  // for shells that show it; may be empty
};

// The possible words at the cursor, or paths. A value.
struct Completions {
  bool files = false;
  std::vector<CompletionWord> words = {};
};

// Returns the lines that viaductctl prints for these arguments; none if it fails.
using Lister = std::function<std::vector<std::string>(const std::vector<std::string>& arguments)>;

// Returns what may take the place of the last of `words`, which may be empty; the others are those before it, without
// the program's name. Flags that name the chat or the sidecar, and the credentials, are passed on to `lister`, so that
// what is open there is offered. A name that a shell could expand or run is not offered.
Completions CompletionsFor(const CommandTable& table, std::span<const std::string_view> words, const Lister& lister);

// Prints the completions for a shell's script: a line for each, "WORD<tab>DESCRIPTION", or ":files".
Outcome PrintCompletions(const CommandTable& table, std::span<const std::string_view> words);

}  // namespace viaduct::ctl
