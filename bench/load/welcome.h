#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace viaduct::bench {

// What a chat tells a client that has just connected. Refers to the bytes that it was read from.
struct Welcome {
  std::string_view id;
  std::size_t frame_bytes = 0;
};

// The welcome at the front of `bytes`, or nullopt if its frame is not all there. Ends the process if it is none.
std::optional<Welcome> ReadWelcome(std::string_view bytes);

}  // namespace viaduct::bench
