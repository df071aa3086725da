#pragma once

namespace viaduct {

// Ends the process with a line that names `property`, unless it holds: how a fuzz target reports what it found.
void Require(bool holds, const char* property);

}  // namespace viaduct
