#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ContextRemoveCommand();

}  // namespace viaduct::ctl
