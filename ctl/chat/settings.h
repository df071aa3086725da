#pragma once

#include "ctl/core/command.h"

namespace viaduct::ctl {

// The commands about limits that can be changed while the chat runs.
Command SettingsGetCommand();
Command SettingsSetCommand();

}  // namespace viaduct::ctl
