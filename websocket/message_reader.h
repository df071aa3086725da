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

// Reads the messages and control frames that one peer sends, as the receiving endpoint of RFC 6455 has to.
//
// A message that lies whole in one unfragmented frame in the input is handed out in place. Any other is gathered in an
// own buffer, which grows with what arrived, never by what a header declares, and is given back by the first call after
// the message: a reader between messages owns no memory. Text is checked while it arrives; the first wrong byte ends
// the reading. A compressed message is inflated, and checked, when it is whole, into a buffer that goes in the same
// way.
//
// Answers nothing by itself: pongs and Close frames are the caller's to send. Does not limit how many control frames
// come.
// Not thread-safe.
class MessageReader {
 public:
  struct Limits {
    std::size_t max_message_bytes;
    std::size_t max_fragments;  // frames in one message, so at least 1
  };

  // `sender` is the peer that is read from. RSV1 is an error unless there is an `inflater`, which outlives the reader;
  // it says which messages are compressed. `max_message_bytes` bounds both what was sent, of which incompressible bytes
  // need a little more, and what it becomes.
  MessageReader(Sender sender, Limits limits, Inflater* inflater = nullptr)
      : rules_{.sender = sender, .rsv1 = inflater != nullptr ? Rsv1::kAllowed : Rsv1::kRefused},
        limits_(limits),
        inflater_(inflater) {}

  struct Event {
    enum class Kind : std::uint8_t { kNeedMore, kMessage, kPing, kPong, kClose, kError };
    Kind kind = Kind::kNeedMore;
    Opcode opcode = {};     // kMessage: kText or kBinary
    FrameError error = {};  // kError: the broken rule, for the log
    // kClose: as received, kNoStatusReceived if there was none. kError: what to send, CloseCodeFor(error).
    std::uint16_t close_code = 0;
    std::string_view close_reason = {};  // kClose; UTF-8
    std::string_view payload = {};       // kMessage, kPing, kPong; unmasked; text is UTF-8
  };

  // Takes the next event off the front of `bytes`, the next unconsumed bytes of the stream, and advances `bytes` past
  // what was consumed. Payloads are unmasked in place. Views in the event live until the next call or until the bytes
  // change.
  //
  // kNeedMore leaves `bytes` empty but for an incomplete header, at most kMaxFrameHeaderBytes - 1 bytes, which must
  // stand before the bytes of the next call. A declared length over the limit is an error at once, without waiting
  // for the payload. After kClose or kError nothing is read any more: every call discards `bytes` and says kNeedMore.
  Event Next(std::span<char>& bytes);

  // Whether a message has begun and not ended, in what was consumed.
  bool in_message() const;
  // Whether a new reader would read on just as this one: nothing has begun, and nothing was closed or broken. Views in
  // an event may still be into this one.
  bool at_rest() const { return !ended_ && !in_frame_ && !rules_.in_message; }

 private:
  // Enters the frame of `header`, unless a limit forbids it.
  std::optional<FrameError> Begin(const FrameHeader& header);
  // Takes what there is of the current frame's payload, and leaves the frame if that is all of it.
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

  bool in_frame_ = false;       // a header was read, and not all of its payload
  FrameHeader frame_;           // the current frame, or the last one
  std::uint64_t received_ = 0;  // bytes of its payload

  // Of the current message, or the last one.
  Opcode message_opcode_ = Opcode::kText;
  bool compressed_ = false;
  std::size_t message_bytes_ = 0;  // declared so far
  std::size_t fragments_ = 0;
  text::Utf8Validator utf8_;  // of text; at its beginning again once a message is complete

  // Payloads that came in several pieces or were inflated, until the call after their event.
  std::string message_;
  std::string control_;
};

}  // namespace viaduct::websocket
