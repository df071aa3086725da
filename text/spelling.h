#pragma once

#include <span>
#include <string_view>

namespace viaduct::text {

// Returns the one of `names` that was probably meant by `written`: the most alike without regard to letter case, "_"
// and "-", within one edit for each three letters. An edit inserts, removes or replaces a letter or swaps two. Returns
// "" if none is that close.
std::string_view ClosestName(std::string_view written, std::span<const std::string_view> names);

}  // namespace viaduct::text
