#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {

// Finds the frame boundaries in one direction of a WebSocket connection, for a relay that passes the bytes on
// unchanged. Keeps no payload and owns no memory.
//
// Makes every check of RFC 6455 section 5 that needs no payload. Does not check UTF-8, the payload of Close frames, or
// what comes after a Close frame.
// A value; not thread-safe.
class FrameScanner {
 public:
  FrameScanner(Sender sender, Rsv1 rsv1) : rules_{.sender = sender, .rsv1 = rsv1} {}

  // kNeedMore leaves fewer bytes than this unconsumed; a whole control frame fits.
  static constexpr std::size_t kMaxHeldBytes = kMaxControlFrameBytes;

  // Describes the front of the stream.
  struct Piece {
    enum class Kind : std::uint8_t {
      kData,      // (parts of) data frames, as far as they follow each other without a gap
      kControl,   // one whole control frame
      kNeedMore,  // no bytes, or an incomplete header or control frame: nothing is consumed
      kError,     // the stream breaks the protocol here: nothing is consumed, now or later
    };
    Kind kind = Kind::kNeedMore;
    Opcode opcode = {};                     // kControl
    bool masked = false;                    // kControl
    std::array<std::uint8_t, 4> mask = {};  // kControl, if masked
    FrameError error = {};                  // kError
    std::size_t header_size = 0;            // kControl: the payload is bytes [header_size, size)
    std::size_t size = 0;                   // the bytes that this piece covers, from the front; 0 if none is consumed
  };

  // Consumes the piece at the front of `bytes`, the next unconsumed bytes of the stream, and says what it is. After
  // kNeedMore, call again with the same bytes followed by more. A piece of data ends before the next control frame,
  // error or incomplete header, or at the end of the input.
  Piece Next(std::string_view bytes);

  // Consumes `bytes` and returns true if they are exactly one short, valid message in one frame, as most input between
  // frames is. This only saves time: Next finds the same with three times as many instructions.
  bool TakeShortMessage(std::string_view bytes);

  // True if what was consumed ends with a whole frame, so that another frame may be injected here.
  bool at_frame_boundary() const { return remaining_ == 0; }

  // The number of bytes still missing from the current data frame's payload.
  std::uint64_t payload_remaining() const { return remaining_; }
  // Consumes `bytes` of them without looking at them; at most payload_remaining().
  void SkipPayload(std::uint64_t bytes) { remaining_ -= bytes; }

  // The payload length of the data frame that began last, at most 2^32-1; 0 also for a frame that TakeShortMessage
  // consumed.
  std::uint32_t payload_length() const { return payload_length_; }

  // The number of data frames (text, binary, continuation) that began in what was consumed.
  std::uint64_t data_frames() const { return data_frames_; }
  // Sets that number back to an earlier one, for a relay that dropped the frames since.
  void RestoreDataFrames(std::uint64_t earlier) { data_frames_ = earlier; }

 private:
  // Returns the piece for a control frame, an error or an incomplete header; `available` bytes have arrived.
  static Piece Gap(const ParsedHeader& parsed, std::size_t available);

  FrameRules rules_;
  std::uint32_t payload_length_ = 0;  // shares a word with the rules, as there may be many idle tunnels
  std::uint64_t remaining_ = 0;
  std::uint64_t data_frames_ = 0;
};

inline bool FrameScanner::TakeShortMessage(std::string_view bytes) {
  if (bytes.size() < 2 || remaining_ != 0 || rules_.in_message) return false;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  const unsigned without_rsv1 = first & (rules_.rsv1 == Rsv1::kAllowed ? 0xbfu : 0xffu);
  if (without_rsv1 != 0x81 && without_rsv1 != 0x82) return false;  // FIN and text or binary
  const bool from_client = rules_.sender == Sender::kClient;
  const std::size_t length = second ^ (from_client ? 0x80u : 0u);
  const std::size_t header_size = from_client ? 6 : 2;
  if (length > kMaxControlPayloadBytes || header_size + length != bytes.size()) return false;
  ++data_frames_;
  payload_length_ = 0;
  return true;
}

}  // namespace viaduct::websocket
