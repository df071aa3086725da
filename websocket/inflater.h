#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::websocket {

// Says what the sender of compressed messages may refer back to (RFC 7692 section 7.1.1).
enum class DeflateContext : std::uint8_t {
  kNone,       // "no context takeover": only to the same message
  kTakenOver,  // to earlier messages too
};

// Inflates whole messages of permessage-deflate (RFC 7692 section 7.2.2), in the order in which they were sent.
//
// With kNone one inflater may serve any number of peers in turn. With kTakenOver it belongs to one peer. It holds no
// memory before its first message, and at most MemoryBytes from then on.
// Not thread-safe.
class Inflater {
 public:
  // The peer's window has at most `window_bits`, 8 to 15.
  Inflater(int window_bits, DeflateContext context);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class Outcome : std::uint8_t {
    kWhole,
    kCorrupt,  // not DEFLATE data, or not a whole message
    kTooBig,   // stops at the limit, whatever the rest would become
  };
  // Replaces `out` by the inflated form of `payload`, a message as it was sent. `out` never grows beyond `max_bytes`
  // + 1. After any outcome but kWhole, `out` is meaningless, and with kTakenOver no further message can be read.
  Outcome Inflate(std::string_view payload, std::size_t max_bytes, std::string& out);

  // The most memory that an inflater with a window of `window_bits` holds between two messages.
  static constexpr std::size_t MemoryBytes(int window_bits) { return kStateBytes + (std::size_t{1} << window_bits); }

 private:
  // zlib's own state and the heap's share, rounded up.
  static constexpr std::size_t kStateBytes = 8 * 1024;

  void Begin();
  Outcome Feed(std::string_view piece, std::size_t limit, std::size_t* written, std::string& out);
  bool at_message_end() const;

  const int window_bits_;
  const DeflateContext context_;
  bool begun_ = false;  // `stream_` has memory
  z_stream stream_ = {};
};

}  // namespace viaduct::websocket
