#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

// The commands that take the sidecar out of service and back, and show the progress.
Command SidecarDrainCommand();
Command SidecarUndrainCommand();
Command SidecarStatusCommand();

}  // namespace viaduct::ctl
