#pragma once

#include <string_view>
#include <vector>

#include "ctl/core/command_table.h"

namespace viaduct::ctl {

// What completion and error messages offer: walks over the table. Views into it, which is never destroyed.

// The words that may stand behind a group's ("sidecar tunnels"), or first of all behind none, each once.
std::vector<std::string_view> NextWords(std::string_view group);

// The groups of commands, each once: "connections", "sidecar", "sidecar tunnels".
std::vector<std::string_view> CommandGroups();

// The global flags, then those of commands, each once, though several commands may have it.
std::vector<const Flag*> AllFlags();

}  // namespace viaduct::ctl
