#pragma once

#include <string>

#include "ctl/core/command_table.h"

namespace viaduct::ctl {

// Returns the manual page of viaductctl in section 1, in the "man" macros of groff and mandoc: everything that help
// says, from the same tables.
std::string ManPage(const CommandTable& table);

}  // namespace viaduct::ctl
