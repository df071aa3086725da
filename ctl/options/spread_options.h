#pragma once

#include <chrono>
#include <optional>

#include "ctl/core/flag.h"

namespace viaduct::ctl {

// The pace at which connections or tunnels are closed. A value.
struct SpreadOptions {
  std::optional<std::chrono::milliseconds> spread;
  bool wait = false;
};

// --spread: the time from the first close to the last.
Flag SpreadFlag(SpreadOptions* options);
// --wait: waits until all are closed.
Flag WaitFlag(bool* wait);

}  // namespace viaduct::ctl
