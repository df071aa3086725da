#include "origin/session/disconnect.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "websocket/close_code.h"

namespace viaduct::origin {
namespace {

TEST(DisconnectTest, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Disconnect& disconnect : kDisconnects) {
    EXPECT_FALSE(disconnect.name.empty());
    EXPECT_TRUE(names.insert(disconnect.name).second) << disconnect.name;
  }
}

TEST(DisconnectTest, CodesAndReasonsFitACloseFrame) {
  for (const Disconnect& disconnect : kDisconnects) {
    const std::uint16_t code = disconnect.code;
    EXPECT_TRUE(code == 0 || websocket::MayBeSent(code)) << disconnect.name;
    EXPECT_EQ(code == 0, disconnect.reason.empty()) << disconnect.name;
    EXPECT_LE(disconnect.reason.size(), websocket::kMaxCloseReasonBytes);
  }
}

TEST(DisconnectTest, CodesAreThoseThatClientsKnow) {
  EXPECT_EQ(Disconnect::kShuttingDown.code, 1001);
  EXPECT_EQ(Disconnect::kProtocolError.code, 1002);
  EXPECT_EQ(Disconnect::kInvalidPayload.code, 1007);
  EXPECT_EQ(Disconnect::kCorruptDeflate.code, 1007);
  EXPECT_EQ(Disconnect::kTooManyFragments.code, 1008);
  EXPECT_EQ(Disconnect::kMessageTimeout.code, 1008);
  EXPECT_EQ(Disconnect::kRateLimited.code, 1008);
  EXPECT_EQ(Disconnect::kMessageTooBig.code, 1009);
  EXPECT_EQ(Disconnect::kSlowConsumer.code, 1013);
}

TEST(DisconnectTest, EveryBrokenRuleIsAnsweredWithTheCodecsCode) {
  for (const websocket::FrameError error : websocket::kFrameErrors) {
    EXPECT_EQ(DisconnectFor(error).code, websocket::CloseCodeFor(error)) << websocket::kFrameErrors.Name(error);
  }
}

TEST(DisconnectTest, AnOperatorsIsCountedAsOneWhateverItsCode) {
  const Disconnect disconnect = Disconnect::ByOperator(4321, "bye");
  EXPECT_EQ(disconnect, Disconnect::kClosedByOperator);
  EXPECT_EQ(disconnect.name, "closed_by_operator");
  EXPECT_EQ(disconnect.code, 4321);
  EXPECT_EQ(disconnect.reason, "bye");
}

}  // namespace
}  // namespace viaduct::origin
