#pragma once

#include <string>
#include <vector>

#include "ops/log/logger.h"
#include "sidecar/config/ladder/rung.h"

namespace viaduct::sidecar {

// The ladder as an aligned table, and under it what to do about each rung that does not hold; every line is a YAML
// comment, so that it can stand below a config.
std::string LadderTable(const std::vector<Rung>& ladder);

// One line with level "warn" for each wrong rung; advice is left to LadderTable.
void LogWrongRungs(const std::vector<Rung>& ladder, const ops::Logger& logger);

}  // namespace viaduct::sidecar
