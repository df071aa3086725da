#include "websocket/frame.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "websocket/close_code.h"
#include "websocket/frame_header.h"
#include "websocket/mask.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

// Appends the header and room for the payload to `out`; returns where the payload begins.
std::size_t Append(std::string& out, const FrameHeader& header, std::string_view payload) {
  std::array<char, kMaxFrameHeaderBytes> head;
  const std::size_t head_size = EncodeFrameHeader(header, head.data());
  out.append(head.data(), head_size);
  const std::size_t begin = out.size();
  out.append(payload);
  return begin;
}

}  // namespace

std::string EncodeFrame(Opcode opcode, std::string_view payload) {
  std::string out;
  out.reserve(kMaxFrameHeaderBytes + payload.size());
  AppendFrame(out, opcode, payload);
  return out;
}

void AppendFrame(std::string& out, Opcode opcode, std::string_view payload) {
  Append(out, {.opcode = opcode, .payload_length = payload.size()}, payload);
}

void AppendCompressedFrame(std::string& out, Opcode opcode, std::string_view payload) {
  Append(out, {.rsv1 = true, .opcode = opcode, .payload_length = payload.size()}, payload);
}

std::string EncodeMaskedFrame(Opcode opcode, std::string_view payload, std::array<std::uint8_t, 4> mask) {
  std::string out;
  out.reserve(kMaxFrameHeaderBytes + payload.size());
  AppendMaskedFrame(out, opcode, payload, mask);
  return out;
}

void AppendMaskedFrame(std::string& out, Opcode opcode, std::string_view payload, std::array<std::uint8_t, 4> mask) {
  const FrameHeader header{.opcode = opcode, .masked = true, .mask = mask, .payload_length = payload.size()};
  const std::size_t begin = Append(out, header, payload);
  ApplyMask(out.data() + begin, payload.size(), mask, 0);
}

std::string EncodeCloseFrame(std::uint16_t code, std::string_view reason) {
  return EncodeFrame(Opcode::kClose, EncodeClosePayload(code, reason));
}

std::string EncodeMaskedCloseFrame(std::uint16_t code, std::string_view reason, std::array<std::uint8_t, 4> mask) {
  return EncodeMaskedFrame(Opcode::kClose, EncodeClosePayload(code, reason), mask);
}

}  // namespace viaduct::websocket
