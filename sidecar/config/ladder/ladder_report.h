#pragma once

#include <string>
#include <vector>

#include "ops/log/logger.h"
#include "sidecar/config/ladder/rung.h"

namespace viaduct::sidecar {

// Returns the ladder as an aligned table, followed by advice on each rung that does not hold. Every line is a YAML
// comment, so that the text can follow a config.
std::string LadderTable(const std::vector<Rung>& ladder);

// Logs one line with level "warn" for each wrong rung; advice is left to LadderTable.
void LogWrongRungs(const std::vector<Rung>& ladder, const ops::Logger& logger);

}  // namespace viaduct::sidecar
