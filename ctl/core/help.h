#pragma once

#include <string>
#include <string_view>

#include "ctl/core/command_table.h"

namespace viaduct::ctl {

// All commands, the global flags, the environment and the exit codes.
std::string GeneralHelp();

// The parts of it that the manual page has too. Those with a title begin with "\nTitle:\n".
std::string_view HelpIntroduction();
std::string_view HelpEnvironment();
std::string_view HelpContexts();
std::string_view HelpExitCodes();

// One command: usage, flags, examples.
std::string CommandHelp(const Command& command);

}  // namespace viaduct::ctl
