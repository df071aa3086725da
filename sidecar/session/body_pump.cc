#include "sidecar/session/body_pump.h"

#include <string>
#include <string_view>

namespace viaduct::sidecar {
namespace {

// The most bytes that the header and the end of a chunk add to its content, or the last chunk to the body.
constexpr std::size_t kChunkOverhead = 32;

}  // namespace

BodyPump::Result BodyPump::Pump(BufferedSocket* from, BufferedSocket* to) {
  using Kind = http::BodyReader::Piece::Kind;
  bool progress = false;
  while (!complete_ && to->out().room() > kChunkOverhead) {
    const std::string_view bytes = from->in().view().substr(0, to->out().room() - kChunkOverhead);
    const http::BodyReader::Piece piece = reader_.Next(bytes);
    if (piece.kind == Kind::kError) return Result::kBroken;
    if (piece.kind == Kind::kNeedMore) {
      // The rest may have arrived already and only wait for room.
      if (progress || bytes.size() < from->in().size()) break;
      const BufferedSocket::Fill fill = from->ended() ? BufferedSocket::Fill::kEnded : from->FillOnce();
      if (fill == BufferedSocket::Fill::kNothing) break;
      if (fill == BufferedSocket::Fill::kFailed) return Result::kCutShort;
      if (fill == BufferedSocket::Fill::kEnded) {
        if (!reader_.EndsWithConnection()) return Result::kCutShort;
        Complete(to);
      }
      progress = true;
      continue;
    }
    if (piece.kind == Kind::kContent) Append(bytes.substr(0, piece.size), to);
    from->in().Consume(piece.size);
    progress = begun_ = true;
    if (reader_.complete()) Complete(to);
  }
  if (progress) to->Flush();
  return progress ? Result::kProgress : Result::kWaiting;
}

void BodyPump::Append(std::string_view content, BufferedSocket* to) {
  content_bytes_ += content.size();
  if (to->write_failed()) return;
  if (!chunks_) {
    to->out().Append(content);
    return;
  }
  std::string header;
  http::AppendChunkHeader(&header, content.size());
  to->out().Append(header);
  to->out().Append(content);
  to->out().Append(http::kChunkEnd);
}

void BodyPump::Complete(BufferedSocket* to) {
  if (chunks_ && !to->write_failed()) to->out().Append(http::kLastChunk);
  complete_ = true;
}

}  // namespace viaduct::sidecar
