#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

// The commands that take the chat out of service and back, and show the progress.
Command DrainCommand();
Command UndrainCommand();
Command StatusCommand();

}  // namespace viaduct::ctl
