#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command HelpCommand();

}  // namespace viaduct::ctl
