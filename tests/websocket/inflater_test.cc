#include "websocket/inflater.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include "tests/websocket/sample_text.h"
#include "tests/websocket/zlib_peer.h"

namespace viaduct::websocket {
namespace {

using Outcome = Inflater::Outcome;
using std::string_literals::operator""s;

constexpr std::size_t kMax = 1 << 20;

// Returns `payload` inflated, or the name of the error.
std::string Inflated(Inflater& inflater, std::string_view payload, std::size_t max_bytes = kMax) {
  std::string out = "left over";
  switch (inflater.Inflate(payload, max_bytes, out)) {
    case Outcome::kWhole:
      return out;
    case Outcome::kCorrupt:
      return "corrupt";
    case Outcome::kTooBig:
      return "too big";
  }
  return "";
}

std::string InflatedAlone(std::string_view payload, std::size_t max_bytes = kMax) {
  Inflater inflater(15, DeflateContext::kNone);
  return Inflated(inflater, payload, max_bytes);
}

TEST(InflaterTest, TheExamplesOfTheRfcAreRead) {
  EXPECT_EQ(InflatedAlone("\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");                          // 7.2.3.1
  EXPECT_EQ(InflatedAlone("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s), "Hello");          // 7.2.3.3, stored
  EXPECT_EQ(InflatedAlone("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), "Hello");                      // 7.2.3.4, final block
  EXPECT_EQ(InflatedAlone("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), "Hello");  // 7.2.3.5, two blocks
  EXPECT_EQ(InflatedAlone("\x00"s), "");                                                       // 7.2.3.6, empty
}

TEST(InflaterTest, WhatWasSentBeforeIsReferredToOnlyIfItIsTakenOver) {
  const std::string first = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
  const std::string second = "\xf2\x00\x11\x00\x00"s;  // RFC 7692 section 7.2.3.2
  Inflater taken_over(15, DeflateContext::kTakenOver);
  EXPECT_EQ(Inflated(taken_over, first), "Hello");
  EXPECT_EQ(Inflated(taken_over, second), "Hello");
  Inflater alone(15, DeflateContext::kNone);
  EXPECT_EQ(Inflated(alone, first), "Hello");
  EXPECT_EQ(Inflated(alone, second), "corrupt");
  EXPECT_EQ(Inflated(alone, first), "Hello") << "of another peer, or again";
}

TEST(InflaterTest, TheContextOutlivesAFinalBlock) {
  Inflater inflater(15, DeflateContext::kTakenOver);
  EXPECT_EQ(Inflated(inflater, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), "Hello");
  EXPECT_EQ(Inflated(inflater, "\xf2\x00\x11\x00\x00"s), "Hello");
}

TEST(InflaterTest, AllThatAPeerSendsIsReadWhateverItsWindowLevelAndFlushes) {
  std::mt19937 random(7692);
  for (int bits = 9; bits <= 15; ++bits) {
    for (const int level : {0, 1, 6, 9}) {
      ZlibPeer peer(bits, level);
      Inflater taken_over(bits, DeflateContext::kTakenOver);
      Inflater alone(15, DeflateContext::kNone);
      for (int i = 0; i < 8; ++i) {
        const std::string text = SampleText(random, random() % 70000);
        const std::size_t piece = 1 + random() % 20000;
        ASSERT_EQ(Inflated(taken_over, peer.Deflate(text, piece)), text) << bits << " bits, level " << level;
      }
      for (int i = 0; i < 3; ++i) {
        const std::string text = SampleText(random, random() % 3000);
        peer.ForgetSent();
        ASSERT_EQ(Inflated(alone, peer.Deflate(text)), text) << bits << " bits, level " << level;
      }
    }
  }
}

TEST(InflaterTest, AMessageOfTheLimitIsWholeAndOneMoreByteIsTooBig) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{255}, std::size_t{256}, std::size_t{257},
                                 std::size_t{1000}, std::size_t{100'000}}) {
    ZlibPeer peer(15);
    const std::string text(size, 'x');
    const std::string payload = peer.Deflate(text);
    EXPECT_EQ(InflatedAlone(payload, size), text);
    EXPECT_EQ(InflatedAlone(payload, size - 1), "too big");
    EXPECT_EQ(InflatedAlone(payload, static_cast<std::size_t>(-1)), text);
  }
}

TEST(InflaterTest, ABombIsGivenUpAtTheLimit) {
  ZlibPeer peer(15, 9);
  const std::string bomb = peer.Deflate(std::string(64 << 20, '\0'));
  ASSERT_LT(bomb.size(), 70'000u);
  Inflater inflater(15, DeflateContext::kNone);
  std::string out;
  EXPECT_EQ(inflater.Inflate(bomb, 1000, out), Outcome::kTooBig);
  EXPECT_LE(out.capacity(), 1024u);
}

TEST(InflaterTest, CutMessagesAreCorrupt) {
  ZlibPeer peer(15);
  std::mt19937 random(1);
  const std::string text = SampleText(random, 2000);
  const std::string payload = peer.Deflate(text);
  for (std::size_t size = 0; size < payload.size(); ++size) {
    // A part is never mistaken for the whole; a cut right behind a block would be a message, but this has only one.
    EXPECT_EQ(InflatedAlone(payload.substr(0, size)), "corrupt") << size;
  }
}

TEST(InflaterTest, WhatIsNoDeflateDataIsCorrupt) {
  EXPECT_EQ(InflatedAlone(""), "corrupt");
  EXPECT_EQ(InflatedAlone("\x07"s), "corrupt");                              // a block type that is none
  EXPECT_EQ(InflatedAlone("\x00\x05\x00\x00\x00Hello\x00"s), "corrupt");     // a stored length that is none
  EXPECT_EQ(InflatedAlone("\xf3\x48\xcd\xc9\xc9\x07\x00"s), "corrupt");      // a final block, and no end
  EXPECT_EQ(InflatedAlone("\xf2\x48\xcd\xc9\xc9\x07\x00\x00"s), "corrupt");  // a byte too many
  EXPECT_EQ(InflatedAlone("\xff\xff\xff\xff\xff\xff\xff\xff\xff"s), "corrupt");
}

TEST(InflaterTest, ItGoesOnWithOthersAfterACorruptOne) {
  Inflater inflater(15, DeflateContext::kNone);
  EXPECT_EQ(Inflated(inflater, "\xf3\x48\xcd\xc9\xc9\x07\x00"s), "corrupt");
  EXPECT_EQ(Inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
  EXPECT_EQ(Inflated(inflater, "\xff"s), "corrupt");
  EXPECT_EQ(Inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s, 4), "too big");
  EXPECT_EQ(Inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
}

}  // namespace
}  // namespace viaduct::websocket
