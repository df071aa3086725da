#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "text/utf8.h"
#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/inflater.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {

// Reads the messages and control frames that one peer sends, as RFC 6455 requires of the receiving endpoint.
//
// A message that is completely in the input, in one unfragmented frame, is returned in place. Any other message is
// gathered in a buffer, which grows with what has arrived, never with what a header declares. The first call after the
// message frees the buffer: a reader between messages owns no memory. Text is checked while it arrives, and the first
// wrong byte ends the reading. A compressed message is inflated and checked when it is complete, into a buffer that is
// freed in the same way.
//
// Sends nothing: pongs and Close frames are up to the caller. Does not limit the number of control frames.
// Not thread-safe.
class MessageReader {
 public:
  struct Limits {
    std::size_t max_message_bytes;
    std::size_t max_fragments;  // frames in one message; at least 1
  };

  // `sender` is the peer that is read from. RSV1 marks compressed messages if there is an `inflater`, which must
  // outlive the reader; without one RSV1 is an error. `max_message_bytes` bounds the inflated size and also the
  // compressed size, with a little allowance for bytes that do not compress.
  MessageReader(Sender sender, Limits limits, Inflater* inflater = nullptr)
      : rules_{.sender = sender, .rsv1 = inflater != nullptr ? Rsv1::kAllowed : Rsv1::kRefused},
        limits_(limits),
        inflater_(inflater) {}

  struct Event {
    enum class Kind : std::uint8_t { kNeedMore, kMessage, kPing, kPong, kClose, kError };
    Kind kind = Kind::kNeedMore;
    Opcode opcode = {};     // kMessage: kText or kBinary
    FrameError error = {};  // kError: the broken rule, for the log
    // kClose: the code received, kNoStatusReceived if there was none. kError: the code to send, CloseCodeFor(error).
    std::uint16_t close_code = 0;
    std::string_view close_reason = {};  // kClose; UTF-8
    std::string_view payload = {};       // kMessage, kPing, kPong; unmasked; text is UTF-8
  };

  // Takes the next event off the front of `bytes`, the next unconsumed bytes of the stream, and advances `bytes` past
  // what it consumed. Unmasks payloads in place. Views in the event live until the next call or until the bytes change.
  //
  // kNeedMore leaves in `bytes` only an incomplete header, at most kMaxFrameHeaderBytes - 1 bytes, which the next call
  // must pass again, followed by more. A declared length over the limit is an error at once, before the payload
  // arrives. After kClose or kError nothing more is read: every call discards `bytes` and returns kNeedMore.
  Event Next(std::span<char>& bytes);

  // True while a message has begun and not ended in what was consumed.
  bool in_message() const;
  // True if a new reader would continue exactly as this one: nothing has begun, and nothing was closed or broken. Views
  // in an event may still point into this reader.
  bool at_rest() const { return !ended_ && !in_frame_ && !rules_.in_message; }

 private:
  // Begins the frame of `header`, unless a limit forbids it.
  std::optional<FrameError> Begin(const FrameHeader& header);
  // Takes what has arrived of the current frame's payload, and ends the frame if that is all of it.
  std::string_view TakePayload(std::span<char>& bytes);
  Event ReadData(std::string_view piece);
  Event ReadCompressed(std::string_view message);
  Event ReadControl(std::string_view piece);
  Event Fail(FrameError error);
  void End();

  FrameRules rules_;
  Limits limits_;
  Inflater* inflater_;
  bool ended_ = false;  // after kClose or kError

  bool in_frame_ = false;       // a header was read, but not all of its payload
  FrameHeader frame_;           // the current frame, or the last one
  std::uint64_t received_ = 0;  // bytes of its payload

  // Facts about the current message, or the last one.
  Opcode message_opcode_ = Opcode::kText;
  bool compressed_ = false;
  std::size_t message_bytes_ = 0;  // declared so far
  std::size_t fragments_ = 0;
  text::Utf8Validator utf8_;  // for text; reset once a message is complete

  // Payloads that came in several pieces or were inflated; kept until the call after their event.
  std::string message_;
  std::string control_;
};

}  // namespace viaduct::websocket
