#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "websocket/frame_error.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {

// The longest header: 2 bytes, 8 bytes of length, 4 bytes of mask.
inline constexpr std::size_t kMaxFrameHeaderBytes = 14;

// The longest payload of a control frame (RFC 6455 section 5.5), and the longest control frame.
inline constexpr std::size_t kMaxControlPayloadBytes = 125;
inline constexpr std::size_t kMaxControlFrameBytes = 2 + 4 + kMaxControlPayloadBytes;

// The sender of the frames of one direction: clients mask every frame, servers mask none (RFC 6455 section 5.1).
enum class Sender : std::uint8_t { kClient, kServer };

// Says whether the first frame of a data message may set RSV1: only when an extension that uses it was negotiated.
enum class Rsv1 : std::uint8_t { kRefused, kAllowed };

// The header of a frame (RFC 6455 section 5.2). A value.
struct FrameHeader {
  bool fin = true;
  bool rsv1 = false;
  Opcode opcode = Opcode::kText;
  bool masked = false;
  std::array<std::uint8_t, 4> mask = {};  // only if masked
  std::uint64_t payload_length = 0;       // below 2^63
};

// The context that a header is checked against.
struct FrameRules {
  Sender sender = Sender::kClient;
  Rsv1 rsv1 = Rsv1::kRefused;
  bool in_message = false;  // a data frame without FIN came, and no frame with FIN since
};

struct ParsedHeader {
  enum class Kind : std::uint8_t { kNeedMore, kHeader, kError };
  Kind kind = Kind::kNeedMore;
  FrameError error = {};    // kError
  std::size_t size = 0;     // kHeader: the bytes that the header takes, 2 to 14
  FrameHeader header = {};  // kHeader
};

// Reads the header at the front of `bytes` and makes every check of RFC 6455 section 5 that needs no payload. The first
// two bytes decide all errors except those of the length, which is checked once the whole header has arrived.
ParsedHeader ParseFrameHeader(std::string_view bytes, const FrameRules& rules);

// Writes `header` to `out`, which has room for kMaxFrameHeaderBytes, with its length in the shortest form. Returns the
// number of bytes written. Also writes headers that ParseFrameHeader refuses.
std::size_t EncodeFrameHeader(const FrameHeader& header, char* out);

}  // namespace viaduct::websocket
