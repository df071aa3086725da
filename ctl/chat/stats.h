#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command StatsCommand();

}  // namespace viaduct::ctl
