#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ConnectionsGetCommand();

}  // namespace viaduct::ctl
