#include "origin/message/publication.h"

#include <array>
#include <charconv>
#include <string_view>

namespace viaduct::origin {

std::string_view Places::Write(std::uint64_t epoch, std::uint64_t number, Buffer* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  char* at = out->data();
  for (int shift = 60; shift >= 0; shift -= 4) *at++ = kHex[epoch >> shift & 15];
  *at++ = '-';
  at = std::to_chars(at, out->data() + out->size(), number).ptr;
  return {out->data(), static_cast<std::size_t>(at - out->data())};
}

MessagePlace Publication::PlaceOf(std::uint64_t i, Places::Buffer* out) const {
  if (!places.named.empty()) return {.position = places.named[i].position, .id = places.named[i].id};
  const std::string_view position = Places::Write(places.epoch, places.first + i, out);
  return {.position = position, .id = position};
}

const PositionedFrames& Publication::Positioned() const {
  std::call_once(once_, [this] {
    std::string_view rest = *echoes;
    positioned_.parts.reserve(count);
    positioned_.broadcasts.reserve(echoes->size() * 2);
    positioned_.echoes.reserve(echoes->size() * 2);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string_view payload = TakePayload(&rest);
      Places::Buffer buffer;
      const MessagePlace place = PlaceOf(i, &buffer);
      FramePart part{.broadcast_begin = positioned_.broadcasts.size(), .echo_begin = positioned_.echoes.size()};
      part.messages_before = i;
      part.payload_before = positioned_.payload_bytes;
      part.broadcast_payload = AppendPositionedBroadcastFrame(&positioned_.broadcasts, payload, place);
      part.echo_payload = AppendPositionedEchoFrame(&positioned_.echoes, payload, place);
      part.broadcast_end = positioned_.broadcasts.size();
      part.echo_end = positioned_.echoes.size();
      positioned_.payload_bytes += part.broadcast_payload;
      positioned_.parts.push_back(part);
    }
  });
  return positioned_;
}

SharedPublication OperatorPublication(std::string frame, std::uint64_t payload_bytes, std::string notice,
                                      std::uint64_t notice_payload_bytes) {
  auto publication = std::make_shared<Publication>();
  publication->frames = std::move(frame);
  publication->messages = 1;
  publication->payload_bytes = payload_bytes;
  publication->notice = std::move(notice);
  publication->notice_payload_bytes = notice_payload_bytes;
  return publication;
}

// Without a notice, an operator's frames are the same in all formats.
FrameFormat Publication::Canonical(FrameFormat format) const {
  if (echoes == nullptr && notice.empty()) format.dialect = Dialect::kPlain;
  return format;
}

const DeflatedFrames* Publication::Find(FrameFormat format) const {
  for (const auto& deflated : deflated_) {
    if (deflated->format == format) return &deflated->frames;
  }
  return nullptr;
}

const DeflatedFrames& Publication::Deflated(FrameFormat format, FrameDeflater* deflater) const {
  format = Canonical(format);
  const bool plain = format.dialect == Dialect::kPlain;
  const std::string& uncompressed = plain ? frames : echoes == nullptr ? notice : Positioned().broadcasts;
  net::MutexLock lock(&deflate_mutex_);
  if (const DeflatedFrames* found = Find(format)) return *found;
  deflated_.push_back(std::make_unique<const FormattedFrames>(
      FormattedFrames{format, deflater->Deflate(uncompressed, format.window_bits)}));
  return deflated_.back()->frames;
}

const DeflatedFrames& Publication::Deflated(FrameFormat format) const {
  net::MutexLock lock(&deflate_mutex_);
  return *Find(Canonical(format));
}

Broadcasts BroadcastsOf(const Publication& publication, FrameFormat format, FrameDeflater* deflater) {
  Broadcasts broadcasts{&publication.frames, publication.messages, publication.payload_bytes};
  if (format.dialect == Dialect::kResuming && publication.echoes != nullptr) {
    const PositionedFrames& positioned = publication.Positioned();
    broadcasts = {&positioned.broadcasts, publication.count, positioned.payload_bytes};
  }
  if (format.dialect == Dialect::kResuming && !publication.notice.empty()) {
    broadcasts = {&publication.notice, 1, publication.notice_payload_bytes};
  }
  if (format.window_bits == 0 || broadcasts.messages == 0) return broadcasts;
  broadcasts.deflated = deflater != nullptr ? &publication.Deflated(format, deflater) : &publication.Deflated(format);
  broadcasts.frames = &broadcasts.deflated->frames;
  return broadcasts;
}

std::shared_ptr<const std::string> FramesOf(const SharedPublication& publication, FrameFormat format) {
  return {publication, BroadcastsOf(*publication, format).frames};
}

std::shared_ptr<const std::string> EchoesOf(const SharedPublication& publication, Dialect dialect) {
  if (dialect == Dialect::kPlain) return publication->echoes;
  return {publication, &publication->Positioned().echoes};
}

}  // namespace viaduct::origin
