#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

Command ConnectionsSendCommand();

}  // namespace viaduct::ctl
