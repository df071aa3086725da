#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// Writes all of `text` to standard output without buffering, so that a reader sees each line as it happens.
Outcome Print(std::string_view text);

// Returns the width of the terminal in columns, or COLUMNS if that is set to a number; nullopt if standard output is
// not a terminal.
std::optional<std::size_t> TerminalWidth();

// Returns true if standard output is a terminal that shows colours, and NO_COLOR is not set (no-color.org).
bool TerminalHasColor();

}  // namespace viaduct::ctl
