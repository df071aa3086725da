#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::origin {

// Appends "<bytes in decimal>:<text>" to `out`. Packs several texts of any bytes into one; our scripts use the same
// form.
void AppendNetstring(std::string_view text, std::string* out);

// Returns all texts in `bytes`, as views into it; nullopt if `bytes` is not a sequence of netstrings.
std::optional<std::vector<std::string_view>> ParseNetstrings(std::string_view bytes);

}  // namespace viaduct::origin
