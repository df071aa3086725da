#include "websocket/mask.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace viaduct::websocket {
namespace {

constexpr std::array<std::uint8_t, 4> kKey = {0x37, 0xfa, 0x21, 0x3d};

char Plain(std::size_t i) { return static_cast<char>(i * 7 + 1); }

// The definition of RFC 6455 section 5.3.
char Masked(std::size_t i) { return static_cast<char>(Plain(i) ^ kKey[i % 4]); }

TEST(MaskTest, MasksTheExampleOfTheRfc) {
  std::string text = "Hello";
  ApplyMask(text.data(), text.size(), kKey, 0);
  EXPECT_EQ(text, "\x7f\x9f\x4d\x51\x58");
}

TEST(MaskTest, EveryLengthAtEveryAlignmentIsMaskedAndNothingBesides) {
  for (std::size_t alignment = 0; alignment < 16; ++alignment) {
    for (std::size_t n = 0; n < 80; ++n) {
      std::vector<char> bytes(alignment + n + 16, 'x');
      for (std::size_t i = 0; i < n; ++i) bytes[alignment + i] = Plain(i);
      ApplyMask(bytes.data() + alignment, n, kKey, 0);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool inside = i >= alignment && i < alignment + n;
        ASSERT_EQ(bytes[i], inside ? Masked(i - alignment) : 'x') << alignment << " " << n << " " << i;
      }
    }
  }
}

TEST(MaskTest, APayloadInTwoPiecesIsMaskedLikeOne) {
  constexpr std::size_t kSize = 67;
  for (std::size_t cut = 0; cut <= kSize; ++cut) {
    std::vector<char> bytes(kSize);
    for (std::size_t i = 0; i < kSize; ++i) bytes[i] = Plain(i);
    ApplyMask(bytes.data(), cut, kKey, 0);
    ApplyMask(bytes.data() + cut, kSize - cut, kKey, cut);
    for (std::size_t i = 0; i < kSize; ++i) ASSERT_EQ(bytes[i], Masked(i)) << cut << " " << i;
  }
}

TEST(MaskTest, OffsetsBeyondFourGigabytesCount) {
  char byte = 'a';
  ApplyMask(&byte, 1, kKey, (std::size_t{1} << 33) + 3);
  EXPECT_EQ(byte, 'a' ^ 0x3d);
}

TEST(MaskTest, MaskingTwiceGivesTheBytesBack) {
  std::string text = "any text that is longer than eight bytes";
  const std::string before = text;
  ApplyMask(text.data(), text.size(), kKey, 5);
  EXPECT_NE(text, before);
  ApplyMask(text.data(), text.size(), kKey, 5);
  EXPECT_EQ(text, before);
}

}  // namespace
}  // namespace viaduct::websocket
