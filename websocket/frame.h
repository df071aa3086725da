#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "websocket/opcode.h"

namespace viaduct::websocket {

// These functions make whole, unfragmented frames. The payload of a control frame must have at most
// kMaxControlPayloadBytes bytes; that of a text frame must be UTF-8.

// Makes a frame as a server sends it, unmasked.
std::string EncodeFrame(Opcode opcode, std::string_view payload);
void AppendFrame(std::string& out, Opcode opcode, std::string_view payload);

// Appends a compressed message as a server sends it, with RSV1 set. `payload` comes from a Deflater.
void AppendCompressedFrame(std::string& out, Opcode opcode, std::string_view payload);

// Makes a frame as a client sends it. `mask` should be new and unpredictable for each frame (RFC 6455 section 5.3).
std::string EncodeMaskedFrame(Opcode opcode, std::string_view payload, std::array<std::uint8_t, 4> mask);
void AppendMaskedFrame(std::string& out, Opcode opcode, std::string_view payload, std::array<std::uint8_t, 4> mask);

// Makes a Close frame; see EncodeClosePayload for `code` and `reason`.
std::string EncodeCloseFrame(std::uint16_t code, std::string_view reason);
std::string EncodeMaskedCloseFrame(std::uint16_t code, std::string_view reason, std::array<std::uint8_t, 4> mask);

}  // namespace viaduct::websocket
