#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ContextAddCommand();

}  // namespace viaduct::ctl
