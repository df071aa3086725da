#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// Writes all of `text` to standard output at once, so that a reader sees each line as it happens.
Outcome Print(std::string_view text);

// Columns of the terminal that standard output is, COLUMNS if that is set to a number; nullopt if it is none.
std::optional<std::size_t> TerminalWidth();

}  // namespace viaduct::ctl
