#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command HealthCommand();

}  // namespace viaduct::ctl
