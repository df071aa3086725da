#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace viaduct::websocket {

// Masks or unmasks `n` bytes in place (RFC 6455 section 5.3). `offset` is the position of data[0] in its frame's
// payload, so that a payload can be processed in pieces. `data` needs no alignment.
void ApplyMask(char* data, std::size_t n, std::array<std::uint8_t, 4> key, std::size_t offset);

}  // namespace viaduct::websocket
