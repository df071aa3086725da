#pragma once

#include <chrono>
#include <optional>

#include "ctl/core/flag.h"

namespace viaduct::ctl {

// How many connections are closed over time. A value.
struct SpreadOptions {
  std::optional<std::chrono::milliseconds> spread;
  bool wait = false;
};

// --spread, from the first close to the last.
Flag SpreadFlag(SpreadOptions* options);
// --wait, until all are closed.
Flag WaitFlag(SpreadOptions* options);

}  // namespace viaduct::ctl
