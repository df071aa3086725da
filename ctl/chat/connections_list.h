#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ConnectionsListCommand();

}  // namespace viaduct::ctl
