#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::websocket {

// What the sender of compressed messages may refer back to (RFC 7692 section 7.1.1).
enum class DeflateContext : std::uint8_t {
  kNone,       // "no context takeover": each message stands for itself
  kTakenOver,  // also to what it sent in earlier messages
};

// Inflates the messages of permessage-deflate (RFC 7692 section 7.2.2), whole ones, in the order of their sending.
//
// With kNone one inflater may serve any number of peers in turn. With kTakenOver it belongs to one peer, and holds at
// most MemoryBytes from its first message on; before that, nothing.
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
    kCorrupt,  // no DEFLATE data, or not all of a message
    kTooBig,   // found out at once, whatever the rest would become
  };
  // Replaces `out` by what `payload`, a message as it was sent, stands for. `out` never grows beyond `max_bytes` + 1,
  // and after another outcome than kWhole it says nothing; with kTakenOver no further message can be read then.
  Outcome Inflate(std::string_view payload, std::size_t max_bytes, std::string& out);

  // What an inflater with a window of `window_bits` holds between two messages, at most.
  static constexpr std::size_t MemoryBytes(int window_bits) { return kStateBytes + (std::size_t{1} << window_bits); }

 private:
  // zlib's own state and the heap's share, rounded up.
  static constexpr std::size_t kStateBytes = 8 * 1024;

  void Begin();
  Outcome Feed(std::string_view piece, std::size_t limit, std::size_t* written, std::string& out);
  bool at_message_end() const;

  const int window_bits_;
  const DeflateContext context_;
  bool begun_ = false;  // `stream_` holds memory
  z_stream stream_ = {};
};

}  // namespace viaduct::websocket
