#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "tests/support/scripted_peer.h"
#include "websocket/opcode.h"

namespace viaduct {

// A WebSocket frame as a test reads it; shares no code with websocket/. A value.
struct WsFrame {
  bool fin = false;
  int opcode = -1;  // -1: no whole frame came
  bool masked = false;
  std::string payload;  // unmasked

  bool operator==(const WsFrame&) const = default;
};
std::ostream& operator<<(std::ostream& out, const WsFrame& frame);

// Reads the next frame that the peer received.
WsFrame ReadFrame(ScriptedPeer* peer);

// Frames as each side sends them.
std::string FromViewer(websocket::Opcode opcode, std::string_view payload);
std::string FromUpstream(websocket::Opcode opcode, std::string_view payload);
std::string CloseFromViewer(std::uint16_t code, std::string_view reason = "");
std::string CloseFromUpstream(std::uint16_t code, std::string_view reason = "");

// Returns the value of ReadFrame for such frames.
WsFrame ViewerFrame(websocket::Opcode opcode, std::string_view payload);
WsFrame UpstreamFrame(websocket::Opcode opcode, std::string_view payload);
WsFrame ViewerClose(std::uint16_t code, std::string_view reason = "");
WsFrame UpstreamClose(std::uint16_t code, std::string_view reason = "");

}  // namespace viaduct
