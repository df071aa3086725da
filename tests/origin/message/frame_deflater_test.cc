#include "origin/message/frame_deflater.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/websocket/zlib_peer.h"
#include "websocket/frame.h"
#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::origin {
namespace {

const std::string kLong(500, 'l');
const std::string kShort = "short";

websocket::ParsedHeader HeaderOf(std::string_view frame) {
  return websocket::ParseFrameHeader(frame, {.sender = websocket::Sender::kServer, .rsv1 = websocket::Rsv1::kAllowed});
}

TEST(FrameDeflaterTest, MessagesThatGainAreCompressedEachForItself) {
  DeflateCounters counters;
  FrameDeflater deflater(100, &counters);
  const std::string frames = websocket::EncodeFrame(websocket::Opcode::kText, kLong) +
                             websocket::EncodeFrame(websocket::Opcode::kText, kShort) +
                             websocket::EncodeFrame(websocket::Opcode::kBinary, kLong) +
                             websocket::EncodeFrame(websocket::Opcode::kText, "");
  const DeflatedFrames deflated = deflater.Deflate(frames, 15);
  ASSERT_EQ(deflated.ends.size(), 4u);
  EXPECT_EQ(deflated.EndOf(0), 0u);
  EXPECT_EQ(deflated.EndOf(4), deflated.frames.size());
  const std::string first = deflated.frames.substr(0, deflated.EndOf(1));
  EXPECT_TRUE(HeaderOf(first).header.rsv1);
  EXPECT_EQ(websocket::ZlibPeer(15).Inflate(first.substr(HeaderOf(first).size)), kLong);
  EXPECT_EQ(deflated.frames.substr(deflated.EndOf(1), deflated.EndOf(2) - deflated.EndOf(1)),
            websocket::EncodeFrame(websocket::Opcode::kText, kShort));
  const std::string third = deflated.frames.substr(deflated.EndOf(2), deflated.EndOf(3) - deflated.EndOf(2));
  EXPECT_EQ(HeaderOf(third).header.opcode, websocket::Opcode::kBinary);
  EXPECT_EQ(third.substr(1), first.substr(1)) << "nothing depends on what was before";

  EXPECT_EQ(counters.messages.value(), 2u);
  EXPECT_EQ(counters.bytes_before.value(), 2 * kLong.size());
  EXPECT_EQ(counters.bytes_after.value(), 2 * (first.size() - HeaderOf(first).size));
}

TEST(FrameDeflaterTest, WhatDoesNotShrinkIsSentAsItIs) {
  DeflateCounters counters;
  FrameDeflater deflater(1, &counters);
  const std::string frame = websocket::EncodeFrame(websocket::Opcode::kText, "abc");
  EXPECT_EQ(deflater.Deflate(frame, 9).frames, frame);
  EXPECT_EQ(counters.messages.value(), 1u);
}

}  // namespace
}  // namespace viaduct::origin
