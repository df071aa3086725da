#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command WhyCommand();

}  // namespace viaduct::ctl
