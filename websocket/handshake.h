#pragma once

#include <array>
#include <string_view>

namespace viaduct::websocket {

// Returns true if `key` is a Sec-WebSocket-Key (RFC 6455 section 4.1): 16 bytes in base64, so 24 characters. The last
// digit has four bits more than it needs, which may be set: the RFC's own example has "EC==".
bool IsValidKey(std::string_view key);

// Returns the Sec-WebSocket-Accept that answers `key` (RFC 6455 section 4.2.2), for any `key`. 28 characters, no NUL.
std::array<char, 28> AcceptValue(std::string_view key);

}  // namespace viaduct::websocket
