#pragma once

#include <string>

#include "ctl/command_table.h"

namespace viaduct {

// All commands, the global flags, the environment and the exit codes.
std::string GeneralHelp();

// One command: usage, flags, examples.
std::string CommandHelp(const Command& command);

}  // namespace viaduct
