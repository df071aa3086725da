#include "websocket/deflater.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "tests/websocket/sample_text.h"
#include "tests/websocket/zlib_peer.h"

namespace viaduct::websocket {
namespace {

std::string Deflated(Deflater& deflater, std::string_view message) {
  std::string out;
  deflater.Append(out, message);
  return out;
}

TEST(DeflaterTest, EachMessageStandsForItself) {
  Deflater deflater(15);
  const std::string first = Deflated(deflater, "Hello, viaduct");
  EXPECT_EQ(Deflated(deflater, "Hello, viaduct"), first);
  ZlibPeer peer(15);
  EXPECT_EQ(peer.Inflate(first), "Hello, viaduct");
}

TEST(DeflaterTest, ItAppends) {
  Deflater deflater(15);
  std::string out = "before";
  deflater.Append(out, "Hello");
  EXPECT_EQ(out, std::string("before\xf2\x48\xcd\xc9\xc9\x07\x00", 13));
}

TEST(DeflaterTest, AnEmptyMessageIsOneByte) {
  Deflater deflater(15);
  EXPECT_EQ(Deflated(deflater, ""), std::string(1, '\0'));
  EXPECT_EQ(Deflated(deflater, ""), std::string(1, '\0'));
}

TEST(DeflaterTest, APeerWithAWindowOfAsManyBitsReadsAll) {
  std::mt19937 random(1);
  for (int bits = Deflater::kMinWindowBits; bits <= Deflater::kMaxWindowBits; ++bits) {
    Deflater deflater(bits);
    ZlibPeer peer(bits);
    for (int i = 0; i < 20; ++i) {
      const std::string text = SampleText(random, random() % 100'000);
      ASSERT_EQ(peer.Inflate(Deflated(deflater, text)), text) << bits;
    }
  }
}

TEST(DeflaterTest, WhatCannotBeCompressedGrowsLittle) {
  std::mt19937 random(1);
  std::string noise(1 << 20, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const int bits : {9, 15}) {
    Deflater deflater(bits);
    ZlibPeer peer(bits);
    const std::string payload = Deflated(deflater, noise);
    // MessageReader allows a sixteenth more than the size of a message.
    EXPECT_LT(payload.size(), noise.size() + noise.size() / 16);
    EXPECT_EQ(peer.Inflate(payload), noise);
  }
}

}  // namespace
}  // namespace viaduct::websocket
