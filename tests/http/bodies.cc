#include "tests/http/bodies.h"

#include <algorithm>
#include <array>
#include <vector>

#include "http/body_reader.h"

namespace viaduct::http {

BodyOutcome ReadBody(BodyLength length, std::span<const std::string_view> pieces, ChunkLines lines) {
  using Kind = BodyReader::Piece::Kind;
  BodyReader reader(length, lines);
  BodyOutcome outcome;
  std::string held;
  for (std::string_view arrived : pieces) {
    held.append(arrived);
    while (!outcome.ended && !outcome.failed) {
      const std::vector<char> block(held.begin(), held.end());
      const BodyReader::Piece piece = reader.Next(std::string_view(block.data(), block.size()));
      if (piece.kind == Kind::kNeedMore) break;
      if (piece.kind == Kind::kContent) outcome.content.append(held, 0, piece.size);
      outcome.ended = piece.kind == Kind::kEnd;
      outcome.failed = piece.kind == Kind::kError;
      if (outcome.failed) outcome.error = reader.error();
      held.erase(0, piece.size);
    }
    if (!outcome.ended && !outcome.failed) outcome.most_held = std::max(outcome.most_held, held.size());
  }
  if (outcome.ended) outcome.behind = held;
  return outcome;
}

BodyOutcome ReadBodyAtOnce(BodyLength length, std::string_view bytes, ChunkLines lines) {
  return ReadBody(length, {&bytes, 1}, lines);
}

BodyOutcome ReadBodyByteByByte(BodyLength length, std::string_view bytes, ChunkLines lines) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  pieces.push_back("");  // an empty body ends here
  return ReadBody(length, pieces, lines);
}

BodyOutcome ReadBodyCutAt(BodyLength length, std::string_view bytes, std::size_t position, ChunkLines lines) {
  return ReadBody(length, std::array{bytes.substr(0, position), bytes.substr(position)}, lines);
}

}  // namespace viaduct::http
