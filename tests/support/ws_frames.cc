#include "tests/support/ws_frames.h"

#include <array>
#include <cstddef>

#include "websocket/frame.h"

namespace viaduct {
namespace {

constexpr std::array<std::uint8_t, 4> kMask = {0x37, 0xfa, 0x21, 0x3d};

std::string ClosePayload(std::uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload += reason;
  return payload;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const WsFrame& frame) {
  out << (frame.masked ? "masked " : "") << (frame.fin ? "" : "unfinished ") << "opcode " << frame.opcode << " ("
      << frame.payload.size() << ") ";
  for (const char c : frame.payload.substr(0, 64)) {
    if (c >= 0x20 && c < 0x7f) {
      out << c;
    } else {
      out << "\\" << static_cast<int>(static_cast<unsigned char>(c));
    }
  }
  return out;
}

WsFrame ReadFrame(ScriptedPeer* peer) {
  const std::string start = peer->Read(2);
  if (start.size() < 2) return {};
  const auto first = static_cast<unsigned char>(start[0]);
  const auto second = static_cast<unsigned char>(start[1]);
  std::uint64_t length = second & 0x7f;
  if (length >= 126) {
    const std::string digits = peer->Read(length == 126 ? 2 : 8);
    length = 0;
    for (const char c : digits) length = length << 8 | static_cast<unsigned char>(c);
  }
  const std::string mask = (second & 0x80) != 0 ? peer->Read(4) : "";
  WsFrame frame{.fin = (first & 0x80) != 0, .opcode = first & 0x0f, .masked = !mask.empty(), .payload = ""};
  frame.payload = peer->Read(length);
  if (frame.payload.size() < length) return {};
  for (std::size_t i = 0; !mask.empty() && i < frame.payload.size(); ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  }
  return frame;
}

std::string FromViewer(websocket::Opcode opcode, std::string_view payload) {
  return websocket::EncodeMaskedFrame(opcode, payload, kMask);
}
std::string FromUpstream(websocket::Opcode opcode, std::string_view payload) {
  return websocket::EncodeFrame(opcode, payload);
}
std::string CloseFromViewer(std::uint16_t code, std::string_view reason) {
  return FromViewer(websocket::Opcode::kClose, ClosePayload(code, reason));
}
std::string CloseFromUpstream(std::uint16_t code, std::string_view reason) {
  return FromUpstream(websocket::Opcode::kClose, ClosePayload(code, reason));
}

WsFrame ViewerFrame(websocket::Opcode opcode, std::string_view payload) {
  return {.fin = true, .opcode = static_cast<int>(opcode), .masked = true, .payload = std::string(payload)};
}
WsFrame UpstreamFrame(websocket::Opcode opcode, std::string_view payload) {
  return {.fin = true, .opcode = static_cast<int>(opcode), .masked = false, .payload = std::string(payload)};
}
WsFrame ViewerClose(std::uint16_t code, std::string_view reason) {
  return ViewerFrame(websocket::Opcode::kClose, ClosePayload(code, reason));
}
WsFrame UpstreamClose(std::uint16_t code, std::string_view reason) {
  return UpstreamFrame(websocket::Opcode::kClose, ClosePayload(code, reason));
}

}  // namespace viaduct
