#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command TunnelsGetCommand();

}  // namespace viaduct::ctl
