#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::text {

// The one of `names` that was probably meant by `written`: most alike without regard to letter case, "_" and "-", and
// within one edit for each three letters (an edit inserts, removes, replaces or swaps). nullopt if none is that close.
std::optional<std::string> ClosestName(std::string_view written, const std::vector<std::string>& names);

}  // namespace viaduct::text
