#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command TunnelsListCommand();

}  // namespace viaduct::ctl
