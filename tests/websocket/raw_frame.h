#pragma once

#include <string>
#include <string_view>

#include "websocket/frame_header.h"

namespace viaduct::websocket {

// Any frame, also one that is part of a message or breaks the protocol: `header` with the length of `payload`, then
// `payload`, masked if the header says so.
std::string RawFrame(FrameHeader header, std::string_view payload);

// The bytes that `hex` names, two digits each, with spaces anywhere: "81 00".
std::string FromHex(std::string_view hex);

}  // namespace viaduct::websocket
