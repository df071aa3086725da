#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ContextListCommand();

}  // namespace viaduct::ctl
