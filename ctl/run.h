#pragma once

#include "ctl/core/command_line.h"
#include "ctl/core/command_table.h"
#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// Does what the command line asks for, and prints its result on standard output.
Outcome RunCommandLine(CommandTable& table, const CommandLine& line);

}  // namespace viaduct::ctl
