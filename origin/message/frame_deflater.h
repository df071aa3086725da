#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ops/metrics/metrics.h"
#include "websocket/deflater.h"

namespace viaduct::origin {

// Frames of several messages, those compressed that gain by it.
struct DeflatedFrames {
  std::string frames;
  std::vector<std::size_t> ends;  // of each message, in `frames`

  // Where the frames begin of what follows the first `messages`.
  std::size_t EndOf(std::uint64_t messages) const { return messages == 0 ? 0 : ends[messages - 1]; }
};

// What was compressed, and what it became.
struct DeflateCounters {
  ops::Counter messages;
  ops::Counter bytes_before;
  ops::Counter bytes_after;
};

// Compresses whole frames for clients that agreed on permessage-deflate, without context takeover, so that one result
// serves all of them whose window has as many bits.
//
// Belongs to one thread. Has no memory of zlib's before it is used.
class FrameDeflater {
 public:
  // Messages of less than `min_message_bytes` stay as they are. `counters` must outlive it.
  FrameDeflater(std::size_t min_message_bytes, DeflateCounters* counters)
      : min_message_bytes_(min_message_bytes), counters_(counters) {}
  FrameDeflater(const FrameDeflater&) = delete;
  FrameDeflater& operator=(const FrameDeflater&) = delete;

  // `frames` are whole unfragmented messages as a server sends them, back to back.
  DeflatedFrames Deflate(std::string_view frames, int window_bits);

 private:
  const std::size_t min_message_bytes_;
  DeflateCounters* const counters_;
  std::array<std::unique_ptr<websocket::Deflater>, websocket::Deflater::kMaxWindowBits + 1> deflaters_;
  std::string payload_;  // scratch
};

}  // namespace viaduct::origin
