#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "websocket/opcode.h"

namespace viaduct::websocket {

// Whole, unfragmented frames, ready to be sent. The payload of a control frame must have at most
// kMaxControlPayloadBytes; that of a text frame must be UTF-8.

// As a server sends it: not masked.
std::string EncodeFrame(Opcode opcode, std::string_view payload);
void AppendFrame(std::string& out, Opcode opcode, std::string_view payload);

// As a server sends a compressed message, `payload` being what a Deflater made of it: RSV1 says so.
void AppendCompressedFrame(std::string& out, Opcode opcode, std::string_view payload);

// As a client sends it. `mask` should be new and unpredictable for each frame (RFC 6455 section 5.3).
std::string EncodeMaskedFrame(Opcode opcode, std::string_view payload, std::array<std::uint8_t, 4> mask);
void AppendMaskedFrame(std::string& out, Opcode opcode, std::string_view payload, std::array<std::uint8_t, 4> mask);

// A Close frame; code and reason as EncodeClosePayload takes them.
std::string EncodeCloseFrame(std::uint16_t code, std::string_view reason);
std::string EncodeMaskedCloseFrame(std::uint16_t code, std::string_view reason, std::array<std::uint8_t, 4> mask);

}  // namespace viaduct::websocket
