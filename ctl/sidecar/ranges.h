#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command SidecarRangesCommand();

}  // namespace viaduct::ctl
