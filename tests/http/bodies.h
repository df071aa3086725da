#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "http/body_reader.h"
#include "http/head.h"

namespace viaduct::http {

// The result of reading a body that arrives in pieces, where the connection holds back what BodyReader cannot decide
// yet.
struct BodyOutcome {
  std::string content;
  std::string behind;         // what was left when the body ended
  bool ended = false;         // the body is complete
  bool failed = false;        // a broken chunk or trailer
  BodyError error{};          // which of them
  std::size_t most_held = 0;  // bytes that waited for more

  // Only the number of held bytes may depend on the pieces.
  bool operator==(const BodyOutcome& other) const {
    return content == other.content && behind == other.behind && ended == other.ended && failed == other.failed &&
           error == other.error;
  }
};

// Gives the reader a heap block of exactly the bytes it may see, so that address sanitizer finds reads behind them.
BodyOutcome ReadBody(BodyLength length, std::span<const std::string_view> pieces,
                     ChunkLines lines = ChunkLines::kStrict);
BodyOutcome ReadBodyAtOnce(BodyLength length, std::string_view bytes, ChunkLines lines = ChunkLines::kStrict);
BodyOutcome ReadBodyByteByByte(BodyLength length, std::string_view bytes, ChunkLines lines = ChunkLines::kStrict);
BodyOutcome ReadBodyCutAt(BodyLength length, std::string_view bytes, std::size_t position,
                          ChunkLines lines = ChunkLines::kStrict);

}  // namespace viaduct::http
