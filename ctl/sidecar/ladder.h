#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command SidecarLadderCommand();

}  // namespace viaduct::ctl
