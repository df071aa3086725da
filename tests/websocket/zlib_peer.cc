#include "tests/websocket/zlib_peer.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/fuzz/require.h"

namespace viaduct::websocket {

ZlibPeer::ZlibPeer(int window_bits, int level) {
  Require(deflateInit2(&deflate_, level, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib deflates");
  Require(inflateInit2(&inflate_, -window_bits) == Z_OK, "zlib inflates");
}

ZlibPeer::~ZlibPeer() {
  deflateEnd(&deflate_);
  inflateEnd(&inflate_);
}

std::string ZlibPeer::Deflate(std::string_view message, std::size_t piece) {
  std::string payload;
  do {
    const std::string_view part = message.substr(0, piece);
    message.remove_prefix(part.size());
    deflate_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    deflate_.avail_in = static_cast<uInt>(part.size());
    do {
      char out[4096];
      deflate_.next_out = reinterpret_cast<Bytef*>(out);
      deflate_.avail_out = sizeof(out);
      deflate(&deflate_, Z_SYNC_FLUSH);
      payload.append(out, sizeof(out) - deflate_.avail_out);
    } while (deflate_.avail_out == 0);
  } while (!message.empty());
  Require(payload.ends_with(std::string_view("\x00\x00\xff\xff", 4)), "a flush ends as RFC 7692 says");
  payload.resize(payload.size() - 4);
  return payload;
}

void ZlibPeer::ForgetSent() { deflateReset(&deflate_); }

std::string ZlibPeer::Inflate(std::string_view payload) {
  inflateReset(&inflate_);
  const std::string whole = std::string(payload) + std::string("\x00\x00\xff\xff", 4);
  inflate_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(whole.data()));
  inflate_.avail_in = static_cast<uInt>(whole.size());
  std::string message;
  while (true) {
    char out[4096];
    inflate_.next_out = reinterpret_cast<Bytef*>(out);
    inflate_.avail_out = sizeof(out);
    const int status = inflate(&inflate_, Z_SYNC_FLUSH);
    if (status != Z_OK && status != Z_BUF_ERROR) return "corrupt";
    message.append(out, sizeof(out) - inflate_.avail_out);
    if (inflate_.avail_out > 0) return inflate_.avail_in == 0 ? message : "corrupt";
  }
}

}  // namespace viaduct::websocket
