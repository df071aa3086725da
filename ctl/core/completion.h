#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::ctl {

// The completion script for `shell`, "bash", "zsh" or "fish": commands, flags, values with a closed list, files, and
// the identifiers of the open connections, which it asks the chat for.
absl::StatusOr<std::string> CompletionScript(std::string_view shell);

}  // namespace viaduct::ctl
