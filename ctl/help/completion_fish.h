#pragma once

#include <string>
#include <string_view>

#include "ctl/core/command_table.h"

namespace viaduct::ctl {

// A pipe that keeps the first column of a table, if it is a plain name: a shell must not expand what it is offered.
inline constexpr std::string_view kFirstNames = "cut -d ' ' -f 1 | grep -E '^[A-Za-z0-9._-]+$'";

// The completion script for fish, which has a language of its own; it offers what those for bash and zsh offer.
std::string FishCompletionScript(const CommandTable& table);

}  // namespace viaduct::ctl
