#pragma once

#include <chrono>
#include <cstdint>

#include "net/event_loop.h"

namespace viaduct::sidecar {

// Counts the control frames of one viewer in each second of the clock. Uses eight bytes, since there is one for each
// tunnel. A value.
class ControlFrameLimit {
 public:
  // Counts one frame. Returns false if it exceeds `per_second`; 0 allows any number.
  bool Take(std::uint32_t per_second, net::Clock::time_point now) {
    if (per_second == 0) return true;
    const auto second =
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    if (second != second_) {
      second_ = second;
      count_ = 0;
    }
    return ++count_ <= per_second;
  }

 private:
  std::uint32_t second_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace viaduct::sidecar
