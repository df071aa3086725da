#pragma once

#include <string>
#include <string_view>

namespace viaduct::ctl {

// Takes the first column of a table, if it is nothing but an identifier: what a shell is offered must not be expanded.
inline constexpr std::string_view kOnlyIds = "cut -d ' ' -f 1 | grep -E '^[0-9a-f-]+$'";
// The same for names of contexts.
inline constexpr std::string_view kOnlyNames = "cut -d ' ' -f 1 | grep -E '^[A-Za-z0-9._-]+$'";

// The completion script for fish, whose language is its own; it offers what those for bash and zsh do.
std::string FishCompletionScript();

}  // namespace viaduct::ctl
