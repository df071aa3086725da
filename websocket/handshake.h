#pragma once

#include <array>
#include <string_view>

namespace viaduct::websocket {

// Whether `key` is a Sec-WebSocket-Key (RFC 6455 section 4.1): 16 bytes in canonical base64, so 24 characters.
bool IsValidKey(std::string_view key);

// The Sec-WebSocket-Accept that answers `key` (RFC 6455 section 4.2.2), whatever `key` is. 28 characters, no NUL.
std::array<char, 28> AcceptValue(std::string_view key);

}  // namespace viaduct::websocket
