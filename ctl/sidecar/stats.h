#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command SidecarStatsCommand();

}  // namespace viaduct::ctl
