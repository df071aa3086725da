#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace viaduct::websocket {

// Compresses messages as permessage-deflate sends them (RFC 7692 section 7.2.1), each for itself ("no context
// takeover"): so the bytes of one message are right for every peer whose window has at least as many bits, and one
// deflater serves any number of peers.
//
// Holds its memory, 260 KiB with the largest window, from the first message on.
// Not thread-safe.
class Deflater {
 public:
  // 8 is not among them: zlib cannot keep to so small a window.
  static constexpr int kMinWindowBits = 9;
  static constexpr int kMaxWindowBits = 15;

  explicit Deflater(int window_bits);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Appends what is to be sent for `message`: the payload of a frame, or of a message's frames, that sets RSV1.
  void Append(std::string& out, std::string_view message);

 private:
  const int window_bits_;
  bool begun_ = false;  // `stream_` holds memory
  z_stream stream_ = {};
};

}  // namespace viaduct::websocket
