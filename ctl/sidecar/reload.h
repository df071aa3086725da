#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command SidecarReloadCommand();

}  // namespace viaduct::ctl
