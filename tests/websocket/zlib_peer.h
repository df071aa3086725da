#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace viaduct::websocket {

// The other side of permessage-deflate by zlib alone, with a context that is taken over, as an independent peer.
class ZlibPeer {
 public:
  // `window_bits` for both directions, 9 to 15.
  explicit ZlibPeer(int window_bits, int level = 6);
  ~ZlibPeer();
  ZlibPeer(const ZlibPeer&) = delete;
  ZlibPeer& operator=(const ZlibPeer&) = delete;

  // Returns the payload for `message`, compressed in pieces of `piece` bytes, each flushed.
  std::string Deflate(std::string_view message, std::size_t piece = ~std::size_t{0});
  // Forgets what it sent, as without context takeover.
  void ForgetSent();
  // Returns the message in `payload`, or "corrupt". Remembers nothing.
  std::string Inflate(std::string_view payload);

 private:
  z_stream deflate_ = {};
  z_stream inflate_ = {};
};

}  // namespace viaduct::websocket
