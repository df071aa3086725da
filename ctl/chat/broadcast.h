#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command BroadcastCommand();

}  // namespace viaduct::ctl
