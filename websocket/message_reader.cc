#include "websocket/message_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "text/utf8.h"
#include "websocket/close_code.h"
#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/inflater.h"
#include "websocket/mask.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

std::string_view View(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

// Frees the memory; assigning an empty string would keep it.
void GiveBack(std::string& buffer) {
  if (!buffer.empty()) std::string().swap(buffer);
}

// Returns the longest compressed payload of a message of `max_message_bytes`: each block that does not compress has a
// header, and senders choose how long blocks are.
std::size_t MaxCompressedBytes(std::size_t max_message_bytes) {
  const std::size_t more = max_message_bytes / 16 + 64;
  return max_message_bytes + std::min(more, static_cast<std::size_t>(-1) - max_message_bytes);
}

// Adds the next piece to `buffer`. Returns the whole with the last piece: in place if it is the only one.
std::optional<std::string_view> Gather(std::string& buffer, std::string_view piece, bool last) {
  if (last && buffer.empty()) return piece;
  buffer.append(piece);
  if (!last) return std::nullopt;
  return buffer;
}

}  // namespace

MessageReader::Event MessageReader::Next(std::span<char>& bytes) {
  // Nobody needs the payload of the last event any more.
  if (!in_message()) GiveBack(message_);
  if (!in_frame_) GiveBack(control_);
  if (ended_) {
    bytes = {};
    return {};
  }
  while (true) {
    if (!in_frame_) {
      const ParsedHeader parsed = ParseFrameHeader(View(bytes), rules_);
      if (parsed.kind == ParsedHeader::Kind::kNeedMore) return {};
      if (parsed.kind == ParsedHeader::Kind::kError) return Fail(parsed.error);
      if (const std::optional<FrameError> error = Begin(parsed.header)) return Fail(*error);
      bytes = bytes.subspan(parsed.size);
    }
    const std::string_view piece = TakePayload(bytes);
    const Event event = IsControl(frame_.opcode) ? ReadControl(piece) : ReadData(piece);
    // Only a complete fragment that is not the last gives no event, so the next frame is read at once.
    if (event.kind != Event::Kind::kNeedMore || in_frame_) return event;
  }
}

bool MessageReader::in_message() const { return rules_.in_message || (in_frame_ && !IsControl(frame_.opcode)); }

std::optional<FrameError> MessageReader::Begin(const FrameHeader& header) {
  if (!IsControl(header.opcode)) {
    if (header.opcode != Opcode::kContinuation) {
      message_opcode_ = header.opcode;
      compressed_ = header.rsv1;
      message_bytes_ = 0;
      fragments_ = 0;
    }
    const std::size_t max = compressed_ ? MaxCompressedBytes(limits_.max_message_bytes) : limits_.max_message_bytes;
    if (header.payload_length > max - message_bytes_) return FrameError::kMessageTooBig;
    if (fragments_ == limits_.max_fragments) return FrameError::kTooManyFragments;
    message_bytes_ += static_cast<std::size_t>(header.payload_length);
    ++fragments_;
    rules_.in_message = !header.fin;
  }
  frame_ = header;
  received_ = 0;
  in_frame_ = true;
  return std::nullopt;
}

std::string_view MessageReader::TakePayload(std::span<char>& bytes) {
  const std::uint64_t missing = frame_.payload_length - received_;
  const std::span<char> piece = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(missing, bytes.size())));
  bytes = bytes.subspan(piece.size());
  // Only the position within the mask's four bytes matters, so a size_t of any width is enough.
  if (frame_.masked) ApplyMask(piece.data(), piece.size(), frame_.mask, static_cast<std::size_t>(received_));
  received_ += piece.size();
  in_frame_ = received_ < frame_.payload_length;
  return View(piece);
}

MessageReader::Event MessageReader::ReadData(std::string_view piece) {
  const bool is_text = message_opcode_ == Opcode::kText && !compressed_;
  if (is_text && !utf8_.Consume(piece)) return Fail(FrameError::kInvalidUtf8);
  const std::optional<std::string_view> message = Gather(message_, piece, !in_message());
  if (!message) return {};
  if (compressed_) return ReadCompressed(*message);
  if (is_text && !utf8_.complete()) return Fail(FrameError::kInvalidUtf8);
  return {.kind = Event::Kind::kMessage, .opcode = message_opcode_, .payload = *message};
}

MessageReader::Event MessageReader::ReadCompressed(std::string_view message) {
  std::string text;
  switch (inflater_->Inflate(message, limits_.max_message_bytes, text)) {
    case Inflater::Outcome::kWhole:
      break;
    case Inflater::Outcome::kCorrupt:
      return Fail(FrameError::kCorruptDeflate);
    case Inflater::Outcome::kTooBig:
      return Fail(FrameError::kMessageTooBig);
  }
  if (message_opcode_ == Opcode::kText && !text::IsUtf8(text)) return Fail(FrameError::kInvalidUtf8);
  GiveBack(message_);
  // An empty string could own memory that nobody frees.
  if (!text.empty()) message_ = std::move(text);
  return {.kind = Event::Kind::kMessage, .opcode = message_opcode_, .payload = message_};
}

MessageReader::Event MessageReader::ReadControl(std::string_view piece) {
  const std::optional<std::string_view> payload = Gather(control_, piece, !in_frame_);
  if (!payload) return {};
  if (frame_.opcode == Opcode::kPing) return {.kind = Event::Kind::kPing, .payload = *payload};
  if (frame_.opcode == Opcode::kPong) return {.kind = Event::Kind::kPong, .payload = *payload};
  ClosePayload close;
  if (const std::optional<FrameError> error = ParseClosePayload(*payload, close)) return Fail(*error);
  End();
  return {.kind = Event::Kind::kClose, .close_code = close.code, .close_reason = close.reason};
}

MessageReader::Event MessageReader::Fail(FrameError error) {
  End();
  return {.kind = Event::Kind::kError, .error = error, .close_code = CloseCodeFor(error)};
}

void MessageReader::End() {
  ended_ = true;
  in_frame_ = false;
  rules_.in_message = false;
  GiveBack(message_);
}

}  // namespace viaduct::websocket
