#pragma once

#include <array>
#include <string_view>

namespace viaduct::websocket {

// Returns true if `key` is a Sec-WebSocket-Key (RFC 6455 section 4.1): 16 bytes in canonical base64, so 24 characters.
bool IsValidKey(std::string_view key);

// Returns the Sec-WebSocket-Accept that answers `key` (RFC 6455 section 4.2.2), for any `key`. 28 characters, no NUL.
std::array<char, 28> AcceptValue(std::string_view key);

}  // namespace viaduct::websocket
