#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command VersionCommand();

}  // namespace viaduct::ctl
