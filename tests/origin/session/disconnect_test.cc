#include "origin/session/disconnect.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "websocket/close_code.h"

namespace viaduct::origin {
namespace {

TEST(DisconnectTest, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Disconnect disconnect : kDisconnects) {
    EXPECT_FALSE(DisconnectName(disconnect).empty());
    EXPECT_TRUE(names.insert(DisconnectName(disconnect)).second) << DisconnectName(disconnect);
  }
}

TEST(DisconnectTest, CodesAndReasonsFitACloseFrame) {
  for (const Disconnect disconnect : kDisconnects) {
    const std::uint16_t code = DisconnectCode(disconnect);
    EXPECT_TRUE(code == 0 || websocket::MayBeSent(code)) << DisconnectName(disconnect);
    EXPECT_EQ(code == 0, DisconnectReason(disconnect).empty()) << DisconnectName(disconnect);
    EXPECT_LE(DisconnectReason(disconnect).size(), websocket::kMaxCloseReasonBytes);
  }
}

TEST(DisconnectTest, CodesAreThoseThatClientsKnow) {
  EXPECT_EQ(DisconnectCode(Disconnect::kShuttingDown), 1001);
  EXPECT_EQ(DisconnectCode(Disconnect::kProtocolError), 1002);
  EXPECT_EQ(DisconnectCode(Disconnect::kInvalidPayload), 1007);
  EXPECT_EQ(DisconnectCode(Disconnect::kCorruptDeflate), 1007);
  EXPECT_EQ(DisconnectCode(Disconnect::kTooManyFragments), 1008);
  EXPECT_EQ(DisconnectCode(Disconnect::kMessageTimeout), 1008);
  EXPECT_EQ(DisconnectCode(Disconnect::kRateLimited), 1008);
  EXPECT_EQ(DisconnectCode(Disconnect::kMessageTooBig), 1009);
  EXPECT_EQ(DisconnectCode(Disconnect::kSlowConsumer), 1013);
}

TEST(DisconnectTest, EveryBrokenRuleIsAnsweredWithTheCodecsCode) {
  for (const websocket::FrameError error : websocket::kFrameErrors) {
    EXPECT_EQ(DisconnectCode(DisconnectFor(error)), websocket::CloseCodeFor(error)) << websocket::FrameErrorName(error);
  }
}

}  // namespace
}  // namespace viaduct::origin
