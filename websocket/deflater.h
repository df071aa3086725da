#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace viaduct::websocket {

// Compresses messages for permessage-deflate (RFC 7692 section 7.2.1), each message on its own ("no context takeover").
// So the bytes of one message are valid for every peer whose window has at least as many bits, and one deflater serves
// any number of peers.
//
// Allocates its memory, 260 KiB with the largest window, at the first message and keeps it.
// Not thread-safe.
class Deflater {
 public:
  // 8 is excluded: zlib cannot keep to such a small window.
  static constexpr int kMinWindowBits = 9;
  static constexpr int kMaxWindowBits = 15;

  explicit Deflater(int window_bits);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Appends the compressed form of `message`: the payload of a frame, or of a message's frames, with RSV1 set.
  void Append(std::string& out, std::string_view message);

 private:
  const int window_bits_;
  bool begun_ = false;  // `stream_` has memory
  z_stream stream_ = {};
};

}  // namespace viaduct::websocket
