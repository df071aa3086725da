// Measures the memory of an Inflater, by the C library's own count.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstddef>
#include <optional>
#include <string>

#include "tests/websocket/zlib_peer.h"
#include "websocket/inflater.h"

namespace viaduct::websocket {
namespace {

std::size_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(InflaterMemoryTest, AContextHoldsNoMoreThanItSaysAndNothingBeforeTheFirstMessage) {
  for (const int bits : {9, 12, 15}) {
    ZlibPeer peer(bits);
    const std::string payload = peer.Deflate(std::string(100'000, 'x'));
    std::string out;
    out.reserve(200'001);
    const std::size_t before = HeapBytes();
    std::optional<Inflater> inflater(std::in_place, bits, DeflateContext::kTakenOver);
    EXPECT_EQ(HeapBytes(), before);
    ASSERT_EQ(inflater->Inflate(payload, 200'000, out), Inflater::Outcome::kWhole);
    const std::size_t held = HeapBytes() - before;
    EXPECT_LE(held, Inflater::MemoryBytes(bits)) << bits;
    EXPECT_GE(held, std::size_t{1} << bits) << "the count sees zlib";
    inflater.reset();
    EXPECT_EQ(HeapBytes(), before);
  }
}

}  // namespace
}  // namespace viaduct::websocket
