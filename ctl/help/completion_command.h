#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command CompletionCommand();

}  // namespace viaduct::ctl
