#include "origin/message/frame_deflater.h"

#include "websocket/frame.h"
#include "websocket/frame_header.h"

namespace viaduct::origin {
namespace {

// Memory kept between calls; the rest is freed after a large message.
constexpr std::size_t kKeptScratchBytes = 64 * 1024;

}  // namespace

DeflatedFrames FrameDeflater::Deflate(std::string_view frames, int window_bits) {
  std::unique_ptr<websocket::Deflater>& deflater = deflaters_[static_cast<std::size_t>(window_bits)];
  if (deflater == nullptr) deflater = std::make_unique<websocket::Deflater>(window_bits);
  DeflatedFrames deflated;
  while (!frames.empty()) {
    const websocket::ParsedHeader parsed = websocket::ParseFrameHeader(frames, {.sender = websocket::Sender::kServer});
    const std::size_t size = parsed.size + static_cast<std::size_t>(parsed.header.payload_length);
    const std::string_view frame = frames.substr(0, size);
    const std::string_view message = frame.substr(parsed.size);
    frames.remove_prefix(size);
    payload_.clear();
    if (message.size() >= min_message_bytes_) {
      deflater->Append(payload_, message);
      counters_->messages.Add();
      counters_->bytes_before.Add(message.size());
      counters_->bytes_after.Add(payload_.size());
    }
    if (!payload_.empty() && payload_.size() < message.size()) {
      websocket::AppendCompressedFrame(deflated.frames, parsed.header.opcode, payload_);
    } else {
      deflated.frames.append(frame);
    }
    deflated.ends.push_back(deflated.frames.size());
  }
  if (payload_.capacity() > kKeptScratchBytes) std::string().swap(payload_);
  return deflated;
}

}  // namespace viaduct::origin
