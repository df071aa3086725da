#pragma once

#include <string>
#include <string_view>

#include "websocket/frame_header.h"

namespace viaduct::websocket {

// Returns any frame, even a part of a message or one that breaks the protocol: `header` with the length of `payload`,
// then `payload`, masked if the header says so.
std::string RawFrame(FrameHeader header, std::string_view payload);

// Returns the bytes of `hex`, two digits each, with spaces anywhere: "81 00".
std::string FromHex(std::string_view hex);

}  // namespace viaduct::websocket
