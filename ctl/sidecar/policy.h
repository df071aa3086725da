#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command SidecarPolicyCommand();

}  // namespace viaduct::ctl
