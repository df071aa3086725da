#pragma once

#include <string>

namespace viaduct::origin {

// A new name for this task. Random, so that no two tasks, nor one before and after its restart, have one name.
std::string NewTaskName();

}  // namespace viaduct::origin
