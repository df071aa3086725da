#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ContextShowCommand();

}  // namespace viaduct::ctl
