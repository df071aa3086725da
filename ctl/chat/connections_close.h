#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ConnectionsCloseCommand();

}  // namespace viaduct::ctl
