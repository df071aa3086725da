#pragma once

#include <span>
#include <string_view>

namespace viaduct::ctl {

// The candidate that `word` was probably meant to be: at most one third of it, and at most two letters, mistyped,
// missing, too many or swapped. Empty if none is that close.
std::string_view Closest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace viaduct::ctl
