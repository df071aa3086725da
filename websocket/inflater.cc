#include "websocket/inflater.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

namespace viaduct::websocket {
namespace {

// The bytes that the sender leaves out at a message's end: the length of an empty stored block (RFC 7692
// section 7.2.1).
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);

// The first guess at the inflated size of a message.
constexpr std::size_t kLeastRoom = 256;
constexpr std::size_t kGuessedRatio = 4;

// zlib counts input and output in 32 bits.
uInt Clip(std::size_t size) { return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max())); }

// The parts of data_type when zlib stops: the unused bits of the last byte, and a flag that it stands between blocks.
constexpr int kUnusedBits = 63;
constexpr int kBetweenBlocks = 128;

}  // namespace

Inflater::Inflater(int window_bits, DeflateContext context) : window_bits_(window_bits), context_(context) {}

Inflater::~Inflater() {
  if (begun_) inflateEnd(&stream_);
}

void Inflater::Begin() {
  if (!begun_) {
    begun_ = true;
    if (inflateInit2(&stream_, -window_bits_) != Z_OK) std::abort();  // out of memory
  } else if (context_ == DeflateContext::kNone) {
    inflateReset(&stream_);
  }
}

Inflater::Outcome Inflater::Inflate(std::string_view payload, std::size_t max_bytes, std::string& out) {
  Begin();
  // One byte more than allowed, to notice that there is more.
  const std::size_t limit = std::max(max_bytes, max_bytes + 1);
  out.resize(std::min(limit, std::max(kLeastRoom, payload.size() * kGuessedRatio)));
  std::size_t written = 0;
  for (const std::string_view piece : {payload, kTail}) {
    const Outcome outcome = Feed(piece, limit, &written, out);
    if (outcome != Outcome::kWhole) return outcome;
  }
  if (!at_message_end()) return Outcome::kCorrupt;
  if (written > max_bytes) return Outcome::kTooBig;
  out.resize(written);
  return Outcome::kWhole;
}

Inflater::Outcome Inflater::Feed(std::string_view piece, std::size_t limit, std::size_t* written, std::string& out) {
  do {
    const uInt given = Clip(piece.size());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = given;
    if (*written == out.size()) {
      if (*written == limit) return Outcome::kTooBig;
      out.resize(std::min(limit, 2 * *written));
    }
    const uInt room = Clip(out.size() - *written);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + *written);
    stream_.avail_out = room;
    // zlib returns after each block, and so shows at the end whether the block was complete.
    const int status = inflate(&stream_, Z_BLOCK);
    piece.remove_prefix(given - stream_.avail_in);
    *written += room - stream_.avail_out;
    if (status == Z_MEM_ERROR) std::abort();
    // A message may have several final blocks (RFC 7692 section 7.2.3.4); they may refer back beyond each other.
    if (status == Z_STREAM_END) {
      inflateResetKeep(&stream_);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return Outcome::kCorrupt;
    }
  } while (!piece.empty() || (stream_.avail_out == 0 && !at_message_end()));
  return Outcome::kWhole;
}

bool Inflater::at_message_end() const {
  return (stream_.data_type & kBetweenBlocks) != 0 && (stream_.data_type & kUnusedBits) == 0;
}

}  // namespace viaduct::websocket
