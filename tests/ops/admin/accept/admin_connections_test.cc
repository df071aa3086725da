#include "ops/admin/accept/admin_connections.h"

#include <gtest/gtest.h>

#include <string>

namespace viaduct::ops {
namespace {

using std::chrono::seconds;

AdminPeer Peer(std::uint16_t port) { return {.address = *ip::IpAddress::Parse("10.0.0.1"), .port = port}; }

class AdminConnectionsTest : public testing::Test {
 protected:
  // What had to give way for a connection from `port`, by its port; 0 for none.
  int Add(std::uint16_t port, seconds after = seconds(0)) {
    const auto ended = connections_.Add(port, Peer(port), start_ + after);
    return ended.has_value() ? ended->peer.port : 0;
  }
  // The ends of those whose time is over.
  std::string Overdue(seconds after) {
    std::string text;
    for (const auto& ended : connections_.TakeOverdue(start_ + after)) {
      text += std::to_string(ended.id) + (ended.end == AdminConnections::End::kNoFirstCall ? "n" : "o") + " ";
    }
    return text;
  }
  seconds Deadline() const {
    return std::chrono::duration_cast<seconds>(connections_.next_deadline().value() - start_);
  }

  const AdminConnections::Time start_ = std::chrono::steady_clock::now();
  AdminConnections connections_{{.most = 3, .first_call = seconds(10), .lifetime = seconds(100)}};
};

TEST_F(AdminConnectionsTest, TheOldestWithoutACallGivesWay) {
  for (const std::uint16_t port : {1, 2, 3}) EXPECT_EQ(Add(port), 0);
  connections_.NoteCall(Peer(1));
  EXPECT_EQ(Add(4), 2);
  EXPECT_EQ(Add(5), 3);
  EXPECT_EQ(connections_.size(), 3u);
}

TEST_F(AdminConnectionsTest, ANewOneIsRefusedIfAllHaveMadeCalls) {
  for (const std::uint16_t port : {1, 2, 3}) {
    Add(port);
    connections_.NoteCall(Peer(port));
  }
  EXPECT_EQ(Add(4), 4);
  connections_.Remove(2);
  EXPECT_EQ(Add(5), 0);
}

TEST_F(AdminConnectionsTest, TheFirstCallHasADeadlineAndTheConnectionAnother) {
  Add(1);
  Add(2, seconds(5));
  connections_.NoteCall(Peer(2));
  EXPECT_EQ(Deadline(), seconds(10));
  EXPECT_EQ(Overdue(seconds(9)), "");
  EXPECT_EQ(Overdue(seconds(10)), "1n ");
  EXPECT_EQ(Deadline(), seconds(105));
  EXPECT_EQ(Overdue(seconds(104)), "");
  EXPECT_EQ(Overdue(seconds(105)), "2o ");
  EXPECT_EQ(connections_.next_deadline(), std::nullopt);
  EXPECT_EQ(connections_.size(), 0u);
}

TEST_F(AdminConnectionsTest, AProberMayStayUntilItsPlaceIsNeeded) {
  for (const std::uint16_t port : {1, 2, 3}) Add(port);
  connections_.NoteProbe(Peer(1));
  connections_.NoteCall(Peer(2));
  connections_.NoteCall(Peer(3));
  EXPECT_EQ(Deadline(), seconds(100));
  EXPECT_EQ(Overdue(seconds(99)), "");
  EXPECT_EQ(Add(4), 1);
}

TEST_F(AdminConnectionsTest, WithoutDeadlinesAllMayStay) {
  connections_ = AdminConnections({.most = 1});
  EXPECT_EQ(Add(1), 0);
  EXPECT_EQ(connections_.next_deadline(), std::nullopt);
  EXPECT_EQ(Add(2), 2) << "every connection counts as one that has made a call";
}

TEST(AdminPeerTest, ReadsWhatGrpcCallsAPeer) {
  const auto text = [](const char* peer) {
    const auto parsed = AdminPeer::Parse(peer);
    return parsed.has_value() ? parsed->address.ToString() + " " + std::to_string(parsed->port) : "";
  };
  EXPECT_EQ(text("ipv4:127.0.0.1:51234"), "127.0.0.1 51234");
  EXPECT_EQ(text("ipv6:%5B::1%5D:51234"), "::1 51234");
  EXPECT_EQ(text("ipv6:%5B::ffff:10.0.0.1%5D:1"), "10.0.0.1 1");
  EXPECT_EQ(text("ipv6:%5Bfe80::1%252%5D:80"), "fe80::1 80") << "a zone";
  for (const char* other : {"", "unix:", "unix:/run/x:1", "ipv4:127.0.0.1", "ipv4:127.0.0.1:", "ipv4:127.0.0.1:65536",
                            "ipv4:x:1", "ipv6:::1:5", "ipv4"}) {
    EXPECT_EQ(text(other), "") << other;
  }
}

}  // namespace
}  // namespace viaduct::ops
