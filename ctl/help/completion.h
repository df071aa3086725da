#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ctl/core/command_table.h"

namespace viaduct::ctl {

// The completion script for `shell`, "bash", "zsh" or "fish": commands, flags, values with a closed list, files, and
// what viaductctl lists, such as the identifiers of the open connections. An error names the shells there are.
absl::StatusOr<std::string> CompletionScript(const CommandTable& table, std::string_view shell);

}  // namespace viaduct::ctl
