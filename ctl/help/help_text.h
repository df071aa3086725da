#pragma once

#include <string>
#include <string_view>

#include "ctl/core/command.h"
#include "ctl/core/command_table.h"
#include "ctl/core/flag.h"

namespace viaduct::ctl {

// All commands, the global flags, the environment and the exit codes.
std::string GeneralHelp(const CommandTable& table);

// The parts of it that the manual page has too. Those with a title begin with "\nTitle:\n".
std::string_view HelpIntroduction();
std::string_view HelpEnvironment();
std::string_view HelpContexts();
std::string_view HelpExitCodes();

// A flag as help shows it: "--header, -H LINE", or its names alone.
std::string FlagTerm(const Flag& flag);
// What a flag means, and the variable that stands in for it.
std::string FlagMeaning(const Flag& flag);

// One command: usage, flags, examples.
std::string CommandHelp(const Command& command);

}  // namespace viaduct::ctl
