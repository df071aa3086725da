#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

// Asks a sidecar what it would do with a request, or evaluates a config file with the sidecar's own code.
Command ExplainCommand();

}  // namespace viaduct::ctl
