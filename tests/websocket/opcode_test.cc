#include "websocket/opcode.h"

#include <gtest/gtest.h>

namespace viaduct::websocket {
namespace {

TEST(OpcodeTest, OnlyClosePingAndPongAreControlFrames) {
  EXPECT_FALSE(IsControl(Opcode::kContinuation));
  EXPECT_FALSE(IsControl(Opcode::kText));
  EXPECT_FALSE(IsControl(Opcode::kBinary));
  EXPECT_TRUE(IsControl(Opcode::kClose));
  EXPECT_TRUE(IsControl(Opcode::kPing));
  EXPECT_TRUE(IsControl(Opcode::kPong));
}

}  // namespace
}  // namespace viaduct::websocket
