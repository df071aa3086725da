#pragma once

#include <string>
#include <string_view>

#include "ctl/core/command.h"
#include "ctl/core/command_table.h"
#include "ctl/core/flag.h"

namespace viaduct::ctl {

// Returns the help for all commands, the global flags, the environment and the exit codes.
std::string GeneralHelp(const CommandTable& table);

// Returns the help for the commands whose names begin with the words of a group, and for their arguments.
std::string GroupHelp(const CommandTable& table, std::string_view group);

// Parts of it that the manual page has too. Those with a title begin with "\nTitle:\n".
std::string_view HelpIntroduction();
std::string_view HelpOutput();
std::string_view HelpEnvironment();
std::string_view HelpContexts();
std::string_view HelpExitCodes();

// Returns a flag as help shows it: "--header, -H LINE", or only its names.
std::string FlagTerm(const Flag& flag);
// Returns the meaning of a flag, and its environment variable.
std::string FlagMeaning(const Flag& flag);

// Returns the help for one command: usage, flags, examples.
std::string CommandHelp(const Command& command);

}  // namespace viaduct::ctl
