#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace viaduct {

// Messages on their way to everyone: whole frames, back to back, encoded once and shared by all readers.
//
// Never changes once it is shared; then thread-safe.
struct Publication {
  std::string frames;
  std::uint64_t messages = 0;       // frames in `frames`
  std::uint64_t payload_bytes = 0;  // `frames` without their headers
};

using SharedPublication = std::shared_ptr<const Publication>;

// Its frames, keeping the whole alive.
inline std::shared_ptr<const std::string> FramesOf(const SharedPublication& publication) {
  return {publication, &publication->frames};
}

}  // namespace viaduct
