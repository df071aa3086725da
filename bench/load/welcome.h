#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace viaduct::bench {

// A chat's welcome to a client that has just connected. Refers to the bytes that it was read from.
struct Welcome {
  std::string_view id;
  std::size_t frame_bytes = 0;
};

// Reads the welcome at the front of `bytes`; nullopt if its frame is incomplete. Ends the process if it is not one.
std::optional<Welcome> ReadWelcome(std::string_view bytes);

}  // namespace viaduct::bench
