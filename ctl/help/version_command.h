#pragma once

#include <string>

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command VersionCommand();

// Returns "viaductctl VERSION" as a line.
std::string VersionText();

}  // namespace viaduct::ctl
