#include "websocket/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/websocket/raw_frame.h"
#include "websocket/close_code.h"
#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

constexpr std::array<std::uint8_t, 4> kMask = {0x37, 0xfa, 0x21, 0x3d};

TEST(FrameTest, EncodesTheExamplesOfTheRfc) {
  EXPECT_EQ(EncodeFrame(Opcode::kText, "Hello"), FromHex("81 05 48656c6c6f"));
  EXPECT_EQ(EncodeMaskedFrame(Opcode::kText, "Hello", kMask), FromHex("81 85 37fa213d 7f9f4d5158"));
  EXPECT_EQ(EncodeFrame(Opcode::kPing, "Hello"), FromHex("89 05 48656c6c6f"));
  EXPECT_EQ(EncodeMaskedFrame(Opcode::kPong, "Hello", kMask), FromHex("8a 85 37fa213d 7f9f4d5158"));
  EXPECT_EQ(EncodeFrame(Opcode::kBinary, std::string(256, 'x')), FromHex("82 7e 0100") + std::string(256, 'x'));
}

TEST(FrameTest, EveryFormOfTheLengthRoundTrips) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 100000u}) {
    const std::string payload(size, 'p');
    EXPECT_EQ(EncodeFrame(Opcode::kText, payload), RawFrame({.opcode = Opcode::kText}, payload)) << size;
    EXPECT_EQ(EncodeMaskedFrame(Opcode::kBinary, payload, kMask),
              RawFrame({.opcode = Opcode::kBinary, .masked = true, .mask = kMask}, payload))
        << size;
  }
}

TEST(FrameTest, AppendedFramesStandBehindWhatWasThere) {
  std::string out = "before";
  AppendFrame(out, Opcode::kPing, "");
  AppendMaskedFrame(out, Opcode::kText, "Hello", kMask);
  EXPECT_EQ(out, "before" + FromHex("89 00 81 85 37fa213d 7f9f4d5158"));
}

TEST(FrameTest, ACompressedFrameSaysSo) {
  std::string out = "before";
  AppendCompressedFrame(out, Opcode::kText, FromHex("f2 48 cd c9 c9 07 00"));
  EXPECT_EQ(out, "before" + FromHex("c1 07 f2 48 cd c9 c9 07 00"));
}

TEST(FrameTest, CloseFramesCarryCodeAndReason) {
  EXPECT_EQ(EncodeCloseFrame(kGoingAway, "idle"), FromHex("88 06 03e9 69646c65"));
  EXPECT_EQ(EncodeMaskedCloseFrame(kGoingAway, "", kMask), FromHex("88 82 37fa213d 3413"));
  EXPECT_EQ(EncodeCloseFrame(kNoStatusReceived, "not sent"), FromHex("88 00"));
  EXPECT_EQ(EncodeCloseFrame(kGoingAway, std::string(200, 'r')).size(), 2 + kMaxControlPayloadBytes);
  EXPECT_EQ(EncodeMaskedCloseFrame(kGoingAway, std::string(200, 'r'), kMask).size(), kMaxControlFrameBytes);
}

}  // namespace
}  // namespace viaduct::websocket
