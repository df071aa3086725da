#pragma once

#include <cstdint>

namespace viaduct::websocket {

// The kinds of WebSocket frames (RFC 6455 section 5.2); every other value is reserved and refused.
enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

// Control frames may come between the fragments of a message (RFC 6455 section 5.5); all others are data frames.
constexpr bool IsControl(Opcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }

}  // namespace viaduct::websocket
