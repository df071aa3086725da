#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ctl/core/command_table.h"

namespace viaduct::ctl {

// Returns the completion script for `shell`, "bash", "zsh" or "fish". It completes commands, flags, values of closed
// lists, files, and what viaductctl lists, such as the IDs of open connections. An error names the known shells.
absl::StatusOr<std::string> CompletionScript(const CommandTable& table, std::string_view shell);

}  // namespace viaduct::ctl
