#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::origin {

// Appends "<bytes in decimal>:<text>" to `out`: several texts of any bytes in one, as our scripts write them too.
void AppendNetstring(std::string_view text, std::string* out);

// All texts of `bytes`, which the result views; nothing when it is anything else than a row of them.
std::optional<std::vector<std::string_view>> ParseNetstrings(std::string_view bytes);

}  // namespace viaduct::origin
