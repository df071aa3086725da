#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command TunnelsCloseCommand();

}  // namespace viaduct::ctl
