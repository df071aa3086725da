#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::ctl {

// Returns the beginning of an ID that a list has shortened to "7c9e6679…", or `text` if it has no ellipsis.
std::string_view WithoutEllipsis(std::string_view text);

// Returns the one of `ids` that begins with `prefix`. NOT_FOUND if none does; INVALID_ARGUMENT, which lists some of
// them, if several do and none is `prefix` itself. `thing` is what they identify: "connection".
absl::StatusOr<std::string> MatchId(std::string_view thing, std::string_view prefix, std::span<const std::string> ids);

}  // namespace viaduct::ctl
