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

// Frames of several messages; a message is compressed if that makes it smaller.
struct DeflatedFrames {
  std::string frames;
  std::vector<std::size_t> ends;  // offset in `frames` behind each message

  // Returns the offset in `frames` behind the first `messages`.
  std::size_t EndOf(std::uint64_t messages) const { return messages == 0 ? 0 : ends[messages - 1]; }
};

// Counts of what was compressed.
struct DeflateCounters {
  ops::Counter messages;
  ops::Counter bytes_before;
  ops::Counter bytes_after;
};

// Compresses whole frames for clients that agreed on permessage-deflate, without context takeover, so that one result
// serves all of them whose window has as many bits.
//
// Belongs to one thread. Allocates nothing for zlib before its first use.
class FrameDeflater {
 public:
  // Messages shorter than `min_message_bytes` are not compressed. `counters` must outlive it.
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
