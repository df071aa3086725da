#pragma once

#include "ctl/core/command_line.h"
#include "ctl/core/command_table.h"
#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// Executes the command line and prints its result on standard output.
Outcome RunCommandLine(CommandTable& table, const CommandLine& line);

}  // namespace viaduct::ctl
