#include "websocket/frame_header.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "websocket/frame_error.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kRsv1 = 0x40;
constexpr std::uint8_t kRsv2And3 = 0x30;
constexpr std::uint8_t kOpcode = 0x0f;
constexpr std::uint8_t kMask = 0x80;
constexpr std::uint8_t kLength = 0x7f;

// Values of the 7-bit length that say how many bytes the real length takes.
constexpr std::uint8_t kLengthOf2 = 126;
constexpr std::uint8_t kLengthOf8 = 127;

constexpr bool IsKnown(std::uint8_t opcode) { return (0b0000'0111'0000'0111 >> opcode & 1) != 0; }

constexpr std::size_t LengthBytes(std::uint8_t length) {
  if (length < kLengthOf2) return 0;
  return length == kLengthOf2 ? 2 : 8;
}

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

// The data frames of a message follow one another (RFC 6455 section 5.4).
std::optional<FrameError> CheckDataOrder(Opcode opcode, const FrameRules& rules) {
  if (opcode == Opcode::kContinuation) {
    if (!rules.in_message) return FrameError::kContinuationWithoutStart;
  } else if (rules.in_message) {
    return FrameError::kMessageInsideMessage;
  }
  return std::nullopt;
}

// Checks everything that the first two bytes decide.
std::optional<FrameError> CheckStart(std::uint8_t first, std::uint8_t second, const FrameRules& rules) {
  if ((first & kRsv2And3) != 0) return FrameError::kReservedBits;
  if (!IsKnown(first & kOpcode)) return FrameError::kReservedOpcode;
  const auto opcode = static_cast<Opcode>(first & kOpcode);
  if ((first & kRsv1) != 0) {
    const bool starts_message = opcode == Opcode::kText || opcode == Opcode::kBinary;
    if (rules.rsv1 == Rsv1::kRefused || !starts_message) return FrameError::kReservedBits;
  }
  if (IsControl(opcode)) {
    if ((first & kFin) == 0) return FrameError::kFragmentedControlFrame;
    if ((second & kLength) > kMaxControlPayloadBytes) return FrameError::kControlFrameTooLong;
  } else if (const std::optional<FrameError> error = CheckDataOrder(opcode, rules)) {
    return error;
  }
  const bool masked = (second & kMask) != 0;
  if (masked == (rules.sender == Sender::kClient)) return std::nullopt;
  return masked ? FrameError::kMaskUnexpected : FrameError::kMaskMissing;
}

std::optional<FrameError> CheckLength(std::uint8_t short_length, std::uint64_t length) {
  if (short_length == kLengthOf2 && length < kLengthOf2) return FrameError::kLengthNotMinimal;
  if (short_length == kLengthOf8 && length <= 0xffff) return FrameError::kLengthNotMinimal;
  if (length >> 63 != 0) return FrameError::kLengthOver63Bits;
  return std::nullopt;
}

ParsedHeader Error(FrameError error) { return {.kind = ParsedHeader::Kind::kError, .error = error}; }

}  // namespace

ParsedHeader ParseFrameHeader(std::string_view bytes, const FrameRules& rules) {
  if (bytes.size() < 2) return {};
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  if (const std::optional<FrameError> error = CheckStart(first, second, rules)) return Error(*error);

  const std::uint8_t short_length = second & kLength;
  const bool masked = (second & kMask) != 0;
  const std::size_t length_bytes = LengthBytes(short_length);
  const std::size_t size = 2 + length_bytes + (masked ? 4 : 0);
  if (bytes.size() < size) return {};

  std::uint64_t length = short_length;
  if (length_bytes != 0) {
    length = ReadBigEndian(bytes.substr(2, length_bytes));
    if (const std::optional<FrameError> error = CheckLength(short_length, length)) return Error(*error);
  }
  ParsedHeader parsed{.kind = ParsedHeader::Kind::kHeader, .size = size};
  parsed.header.fin = (first & kFin) != 0;
  parsed.header.rsv1 = (first & kRsv1) != 0;
  parsed.header.opcode = static_cast<Opcode>(first & kOpcode);
  parsed.header.masked = masked;
  parsed.header.payload_length = length;
  if (masked) std::memcpy(parsed.header.mask.data(), bytes.data() + 2 + length_bytes, parsed.header.mask.size());
  return parsed;
}

std::size_t EncodeFrameHeader(const FrameHeader& header, char* out) {
  const std::uint64_t length = header.payload_length;
  std::uint8_t short_length = static_cast<std::uint8_t>(length);
  if (length > 0xffff) {
    short_length = kLengthOf8;
  } else if (length >= kLengthOf2) {
    short_length = kLengthOf2;
  }
  char* end = out;
  *end++ =
      static_cast<char>((header.fin ? kFin : 0) | (header.rsv1 ? kRsv1 : 0) | static_cast<std::uint8_t>(header.opcode));
  *end++ = static_cast<char>((header.masked ? kMask : 0) | short_length);
  for (std::size_t left = LengthBytes(short_length); left > 0; --left) {
    *end++ = static_cast<char>(length >> (8 * (left - 1)));
  }
  if (header.masked) {
    std::memcpy(end, header.mask.data(), header.mask.size());
    end += header.mask.size();
  }
  return static_cast<std::size_t>(end - out);
}

}  // namespace viaduct::websocket
