#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command WatchCommand();

}  // namespace viaduct::ctl
