#pragma once

#include <string>
#include <vector>

#include "ops/log/logger.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// What the settings let through that hardly anybody wants, as sentences that begin with a field's path. Not an error:
// somebody may be trying things out.
std::vector<std::string> ConfigWarnings(const SidecarConfig& config);

// Logs a warning for each.
void LogConfigWarnings(const SidecarConfig& config, const ops::Logger& logger);

}  // namespace viaduct::sidecar
