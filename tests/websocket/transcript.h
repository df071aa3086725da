#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/inflater.h"
#include "websocket/message_reader.h"

namespace viaduct::websocket {

// A stream of frames as it arrives: its pieces in order, views into it.
using Pieces = std::vector<std::string_view>;

Pieces Whole(std::string_view stream);
Pieces ByteByByte(std::string_view stream);
Pieces CutAt(std::string_view stream, std::size_t position);
Pieces CutRandomly(std::string_view stream, std::mt19937& random);

// The result of a scanner or a reader for a stream, in a form that does not depend on the pieces.
struct Transcript {
  std::vector<std::string>
      events;  // a line each: "ping abc", "close 1000 bye", "message text hello", "data 12 bytes", …
  std::optional<FrameError> error;  // what ended it, if something did
  bool ended = false;               // by an error or, for the reader, by a Close frame
  std::size_t consumed = 0;         // bytes of the stream; behind an error in a payload it depends on the pieces
};

// Both give every call a heap block of exactly the bytes it may see, so that address sanitizer finds reads behind them,
// and end the process when a promise of the header is broken: about unconsumed bytes, or about calls after the end.
Transcript Scan(const Pieces& pieces, Sender sender, Rsv1 rsv1);
Transcript Read(const Pieces& pieces, Sender sender, MessageReader::Limits limits, Inflater* inflater = nullptr);

inline constexpr MessageReader::Limits kNoLimits = {.max_message_bytes = static_cast<std::size_t>(-1),
                                                    .max_fragments = static_cast<std::size_t>(-1)};

// Compares a scanner and a reader without limits on the same stream. Empty if they agree: the same control frames, and
// the same error in the same frame header, up to where the reader ended for a reason that only payloads show.
std::string Disagreement(std::string_view stream, Sender sender);

}  // namespace viaduct::websocket
