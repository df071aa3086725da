#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "origin/history.h"

namespace viaduct {

struct Replayed {
  std::uint64_t messages = 0;
  std::uint64_t payload_bytes = 0;
};

// Appends what a resuming client missed, of the history with `epoch`: broadcasts with their positions, also of messages
// that an earlier connection of the client may have sent.
Replayed AppendMissed(std::string* out, std::uint64_t epoch, std::span<const History::Slice> missed);

}  // namespace viaduct
