#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ContextUseCommand();

}  // namespace viaduct::ctl
