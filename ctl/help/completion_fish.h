#pragma once

#include <string>
#include <string_view>

#include "ctl/core/command_table.h"

namespace viaduct::ctl {

// A pipe that keeps the first column of a table if it is a plain name: a shell must not expand candidates.
inline constexpr std::string_view kFirstNames = "cut -d ' ' -f 1 | grep -E '^[A-Za-z0-9._-]+$'";

// Returns the completion script for fish, which has its own language; it offers the same as those for bash and zsh.
std::string FishCompletionScript(const CommandTable& table);

}  // namespace viaduct::ctl
