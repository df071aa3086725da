#pragma once

#include <string>

namespace viaduct::origin {

// Returns a new name for this task. It is random, so that no two tasks, and no two runs of one task, have the same
// name.
std::string NewTaskName();

}  // namespace viaduct::origin
