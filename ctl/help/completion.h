#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::ctl {

// Returns the completion script for `shell`, "bash", "zsh" or "fish", which asks viaductctl itself (CompletionsFor);
// zsh and fish show descriptions. An error names the known shells.
absl::StatusOr<std::string> CompletionScript(std::string_view shell);

}  // namespace viaduct::ctl
