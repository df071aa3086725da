#pragma once

#include <vector>

#include "ctl/core/command.h"

namespace viaduct::ctl {

// The list of all commands of viaductctl, in the order in which help and completion show them.
std::vector<Command> Commands();

}  // namespace viaduct::ctl
