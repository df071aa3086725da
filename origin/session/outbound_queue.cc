#include "origin/session/outbound_queue.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "websocket/frame_header.h"

namespace viaduct::origin {
namespace {

// Returns the end of the frame that contains the byte at `position` of `frames`, or nullopt if it cannot be found.
std::optional<std::size_t> EndOfFrameAround(std::string_view frames, std::size_t position) {
  std::size_t end = 0;
  while (end < position) {
    const websocket::ParsedHeader parsed = websocket::ParseFrameHeader(
        frames.substr(end), {.sender = websocket::Sender::kServer, .rsv1 = websocket::Rsv1::kAllowed});
    if (parsed.kind != websocket::ParsedHeader::Kind::kHeader) return std::nullopt;
    end += parsed.size + parsed.header.payload_length;
    if (end > frames.size()) return std::nullopt;
  }
  return end;
}

}  // namespace

OutboundQueue::Pushed OutboundQueue::Push(std::shared_ptr<const std::string> text, std::size_t offset,
                                          std::size_t size) {
  // Each piece costs memory, whatever its size.
  const std::size_t cost = bytes_ + size + (pieces_.size() - front_ + 1) * sizeof(Piece);
  if (bytes_ > 0 && cost > max_bytes_) return Pushed::kSlow;
  Append(std::move(text), offset, size);
  return Pushed::kAccepted;
}

void OutboundQueue::PushAlways(std::string frames) {
  if (frames.empty()) return;
  const std::size_t size = frames.size();
  Append(std::make_shared<const std::string>(std::move(frames)), 0, size);
}

void OutboundQueue::Append(std::shared_ptr<const std::string> text, std::size_t offset, std::size_t size) {
  if (size == 0) return;
  bytes_ += size;
  if (!pieces_.empty()) {
    Piece& last = pieces_.back();
    if (last.text == text && last.offset + last.size == offset) {
      last.size += size;
      return;
    }
  }
  pieces_.push_back({.text = std::move(text), .offset = offset, .size = size, .begin = offset});
}

int OutboundQueue::Gather(std::span<iovec> parts) const {
  const std::size_t count = std::min(parts.size(), pieces_.size() - front_);
  for (std::size_t i = 0; i < count; ++i) {
    const Piece& piece = pieces_[front_ + i];
    parts[i] = {const_cast<char*>(piece.text->data()) + piece.offset, piece.size};
  }
  return static_cast<int>(count);
}

void OutboundQueue::Sent(std::size_t size) {
  bytes_ -= size;
  if (bytes_ == 0) return Clear();
  while (size > 0) {
    Piece& piece = pieces_[front_];
    const std::size_t taken = std::min(size, piece.size);
    piece.offset += taken;
    piece.size -= taken;
    size -= taken;
    if (piece.size > 0) break;
    piece.text.reset();
    ++front_;
  }
  // Moves the rest only when half is gone, so that the cost of a piece is constant.
  if (front_ > pieces_.size() / 2) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(front_));
    front_ = 0;
  }
}

bool OutboundQueue::KeepOnlyBegunFrame() {
  if (bytes_ == 0) return true;
  Piece& front = pieces_[front_];
  const std::size_t sent = front.offset - front.begin;
  const std::string_view frames = std::string_view(*front.text).substr(front.begin, sent + front.size);
  const std::optional<std::size_t> end = EndOfFrameAround(frames, sent);
  if (!end) return false;
  if (*end == sent) {
    Clear();
    return true;
  }
  front.size = *end - sent;
  bytes_ = front.size;
  pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(front_) + 1, pieces_.end());
  return true;
}

void OutboundQueue::Clear() {
  bytes_ = 0;
  front_ = 0;
  std::vector<Piece>().swap(pieces_);
}

}  // namespace viaduct::origin
