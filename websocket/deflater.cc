#include "websocket/deflater.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

namespace viaduct::websocket {
namespace {

// The bytes that end every flushed piece; they are not sent.
constexpr std::size_t kTailBytes = 4;

// Room for the flush, which deflateBound does not count.
constexpr std::size_t kFlushBytes = 16;

// zlib's hash table has two bytes for each of 2^(level + 7) hashes and is cleared for each message. This level gives it
// as many hashes as the window has bytes.
constexpr int MemoryLevel(int window_bits) { return window_bits - 7; }

// zlib counts input and output in 32 bits.
uInt Clip(std::size_t size) { return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max())); }

}  // namespace

Deflater::Deflater(int window_bits) : window_bits_(window_bits) {}

Deflater::~Deflater() {
  if (begun_) deflateEnd(&stream_);
}

void Deflater::Append(std::string& out, std::string_view message) {
  if (!begun_) {
    begun_ = true;
    const int status = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window_bits_,
                                    MemoryLevel(window_bits_), Z_DEFAULT_STRATEGY);
    if (status != Z_OK) std::abort();  // out of memory
  } else {
    deflateReset(&stream_);
  }
  std::size_t written = out.size();
  out.resize(written + deflateBound(&stream_, message.size()) + kFlushBytes);
  do {
    const uInt given = Clip(message.size());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
    stream_.avail_in = given;
    if (written == out.size()) out.resize(2 * written);
    const uInt room = Clip(out.size() - written);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream_.avail_out = room;
    deflate(&stream_, Z_SYNC_FLUSH);
    message.remove_prefix(given - stream_.avail_in);
    written += room - stream_.avail_out;
  } while (!message.empty() || stream_.avail_out == 0);
  out.resize(written - kTailBytes);
}

}  // namespace viaduct::websocket
