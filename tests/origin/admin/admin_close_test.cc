// The admin API over gRPC: filters, many closes, drain and settings.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/origin/admin/running_admin.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

using Stub = admin::v1::ChatAdmin::Stub;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A client that has joined.
struct Member {
  std::unique_ptr<RawPeer> peer;
  std::string name;
};

Member Open(RunningAdmin* running, const std::string& target, const std::string& viewer) {
  Member member{.peer = std::make_unique<RawPeer>(running->chat().address()), .name = ""};
  member.peer->Send(Handshake(target, "X-Viaduct-Viewer-Address: " + viewer + "\r\n"));
  member.peer->ReadUntil("\r\n\r\n");
  const auto welcome = ReadFrame(member.peer.get());
  member.name = welcome ? "connections/" + JsonMember(welcome->payload, "id") : "";
  return member;
}

std::vector<std::string> Listed(RunningAdmin* running, const admin::v1::ConnectionFilter& filter, int page_size = 0) {
  admin::v1::ListConnectionsRequest request;
  *request.mutable_filter() = filter;
  request.set_page_size(page_size);
  std::vector<std::string> names;
  do {
    admin::v1::ListConnectionsResponse response;
    EXPECT_EQ(Call(running->stub(), &Stub::ListConnections, request, &response), "");
    for (const admin::v1::Connection& connection : response.connections()) names.push_back(connection.name());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return names;
}

admin::v1::GetStatsResponse Stats(RunningAdmin* running, int rooms = 0) {
  admin::v1::GetStatsRequest request;
  request.set_room_limit(rooms);
  admin::v1::GetStatsResponse response;
  EXPECT_EQ(Call(running->stub(), &Stub::GetStats, request, &response), "");
  return response;
}

bool Becomes(const std::function<bool()>& fact) {
  const auto deadline = steady_clock::now() + RawPeer::kTimeout;
  while (!fact()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

TEST(AdminCloseTest, AFilterFindsWhatItSays) {
  RunningAdmin running;
  const Member lobby = Open(&running, "/websocket?room=lobby", "203.0.113.7");
  const Member hall = Open(&running, "/websocket?room=hall", "203.0.113.8");
  const Member plain = Open(&running, "/websocket", "2001:db8::1");
  admin::v1::ConnectionFilter filter;
  EXPECT_EQ(Listed(&running, filter), (std::vector{lobby.name, hall.name, plain.name}));
  filter.set_room("lobby");
  EXPECT_EQ(Listed(&running, filter), std::vector{lobby.name});
  filter.set_room("");
  EXPECT_EQ(Listed(&running, filter), std::vector{plain.name});
  filter.clear_room();
  filter.set_viewer_range("203.0.113.0/29");
  EXPECT_EQ(Listed(&running, filter), std::vector{lobby.name});
  filter.set_viewer_range("203.0.113.0/24");
  EXPECT_EQ(Listed(&running, filter, 1), (std::vector{lobby.name, hall.name})) << "over pages, the oldest first";
  filter.set_peer_range("127.0.0.0/8");
  EXPECT_EQ(Listed(&running, filter).size(), 2u);
  filter.set_peer_range("10.0.0.0/8");
  EXPECT_EQ(Listed(&running, filter).size(), 0u);
  filter.Clear();
  filter.mutable_open_longer_than()->set_seconds(3600);
  EXPECT_EQ(Listed(&running, filter).size(), 0u);
  filter.mutable_open_longer_than()->Clear();
  EXPECT_EQ(Listed(&running, filter).size(), 3u);
}

TEST(AdminCloseTest, IdleTimeCountsFromTheLastMessage) {
  RunningAdmin running;
  const Member silent = Open(&running, "/websocket?room=a", "203.0.113.7");
  const auto opened = steady_clock::now();
  Member talks = Open(&running, "/websocket?room=b", "203.0.113.7");
  std::this_thread::sleep_until(opened + milliseconds(300));
  const auto begin = steady_clock::now();
  talks.peer->Send(Bytes({.payload = "hello"}));
  ASSERT_TRUE(ReadFrame(talks.peer.get()).has_value());
  admin::v1::ConnectionFilter filter;
  filter.mutable_idle_longer_than()->set_nanos(300'000'000);
  const std::vector<std::string> idle = Listed(&running, filter);
  ASSERT_FALSE(idle.empty());
  EXPECT_EQ(idle.front(), silent.name);
  // If the machine is too slow for a third of a second between the two, both are idle.
  if (steady_clock::now() - begin < milliseconds(100)) EXPECT_EQ(idle.size(), 1u);
}

TEST(AdminCloseTest, ManyAreClosedEvenlyOverTheSpread) {
  OriginConfig config = RunningChat::Config();
  config.close_timeout = std::chrono::seconds(1);  // nobody answers the Closes
  RunningAdmin running(config);
  std::vector<Member> members;
  for (int i = 0; i < 20; ++i) members.push_back(Open(&running, "/websocket?room=r", "203.0.113.7"));
  const Member other = Open(&running, "/websocket", "203.0.113.7");
  admin::v1::CloseConnectionsRequest request;
  request.mutable_filter()->set_room("r");
  request.set_code(4005);
  request.set_reason("moving");
  request.mutable_spread()->set_seconds(1);
  admin::v1::CloseConnectionsResponse response;
  const auto begin = steady_clock::now();
  ASSERT_EQ(Call(running.stub(), &Stub::CloseConnections, request, &response), "");
  EXPECT_EQ(response.count(), 20);
  std::vector<milliseconds> after;
  for (const Member& member : members) {
    const auto close = ReadFrame(member.peer.get());
    ASSERT_TRUE(close.has_value());
    EXPECT_EQ(close->payload, std::string("\x0f\xa5", 2) + "moving");
    after.push_back(std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin));
  }
  // Each of the two workers has some of them: a worker's last of ten goes after about nine tenths of the spread.
  EXPECT_GE(after.back(), milliseconds(500));
  EXPECT_TRUE(Becomes([&] { return Stats(&running).closes_pending() == 0; }));
  EXPECT_TRUE(Becomes([&] { return Stats(&running).connections_open() == 1; }));
  admin::v1::Connection still;
  admin::v1::GetConnectionRequest get;
  get.set_name(other.name);
  EXPECT_EQ(Call(running.stub(), &Stub::GetConnection, get, &still), "");
}

TEST(AdminCloseTest, WhatWaitsIsCountedAndALaterOrderTakesOver) {
  RunningAdmin running;
  std::vector<Member> members;
  for (int i = 0; i < 6; ++i) members.push_back(Open(&running, "/websocket", "203.0.113.7"));
  admin::v1::CloseConnectionsRequest request;
  request.set_all(true);
  request.mutable_spread()->set_seconds(3600);
  admin::v1::CloseConnectionsResponse response;
  request.set_validate_only(true);
  ASSERT_EQ(Call(running.stub(), &Stub::CloseConnections, request, &response), "");
  EXPECT_EQ(response.count(), 6);
  EXPECT_EQ(Stats(&running).closes_pending(), 0) << "validate_only does nothing";
  request.set_validate_only(false);
  ASSERT_EQ(Call(running.stub(), &Stub::CloseConnections, request, &response), "");
  EXPECT_EQ(response.count(), 6);
  EXPECT_GE(Stats(&running).closes_pending(), 4);
  // A connection that ends by itself is not waited for.
  members.back().peer.reset();
  EXPECT_TRUE(Becomes([&] { return Stats(&running).connections_open() <= 5; }));
  EXPECT_LE(Stats(&running).closes_pending(), 5);
  request.clear_spread();
  ASSERT_EQ(Call(running.stub(), &Stub::CloseConnections, request, &response), "");
  members.clear();
  EXPECT_TRUE(Becomes([&] { return Stats(&running).closes_pending() == 0; }));
  EXPECT_TRUE(Becomes([&] { return Stats(&running).connections_open() == 0; }));
}

TEST(AdminCloseTest, WhatIsWrongIsNamed) {
  RunningAdmin running;
  admin::v1::CloseConnectionsResponse response;
  admin::v1::CloseConnectionsRequest request;
  const auto error = [&] { return Call(running.stub(), &Stub::CloseConnections, request, &response); };
  EXPECT_EQ(error(), "3: filter: must have a condition, unless all is set");
  request.set_all(true);
  request.mutable_filter()->set_room("lobby");
  EXPECT_EQ(error(), "3: all: cannot be combined with a filter");
  request.set_all(false);
  request.mutable_filter()->set_room("a/b");
  EXPECT_EQ(error(), "3: filter.room: must be at most 64 of A-Z a-z 0-9 . _ ~ -");
  request.mutable_filter()->set_room("lobby");
  request.mutable_filter()->set_viewer_range("203.0.113.");
  EXPECT_EQ(error(),
            "3: filter.viewer_range: \"203.0.113.\": must be an IP address, or a prefix without bits behind it: "
            "10.0.0.0/8");
  request.mutable_filter()->clear_viewer_range();
  request.mutable_filter()->mutable_idle_longer_than()->set_seconds(-1);
  EXPECT_EQ(error(), "3: filter.idle_longer_than: must not be negative");
  request.mutable_filter()->clear_idle_longer_than();
  request.set_code(1006);
  EXPECT_EQ(error().substr(0, 8), "3: code:");
  request.set_code(0);
  request.mutable_spread()->set_seconds(24 * 3600 + 1);
  EXPECT_EQ(error(), "3: spread: longer than 24h");
  admin::v1::BroadcastRequest broadcast;
  broadcast.set_text("x");
  admin::v1::BroadcastResponse recipients;
  EXPECT_EQ(Call(running.stub(), &Stub::Broadcast, broadcast, &recipients),
            "3: target: either room or all is required");
}

TEST(AdminCloseTest, ABroadcastToARoomIsForThatRoom) {
  RunningAdmin running;
  const Member lobby = Open(&running, "/websocket?room=lobby", "203.0.113.7");
  const Member plain = Open(&running, "/websocket", "203.0.113.7");
  admin::v1::BroadcastRequest request;
  request.set_text("to the lobby");
  request.set_room("lobby");
  admin::v1::BroadcastResponse response;
  ASSERT_EQ(Call(running.stub(), &Stub::Broadcast, request, &response), "");
  EXPECT_EQ(response.recipient_count(), 1);
  EXPECT_EQ(ReadFrame(lobby.peer.get())->payload, "to the lobby");
  request.set_room("nobody-is-here");
  ASSERT_EQ(Call(running.stub(), &Stub::Broadcast, request, &response), "");
  EXPECT_EQ(response.recipient_count(), 0);
  request.set_text("to the default room");
  request.set_room("");
  ASSERT_EQ(Call(running.stub(), &Stub::Broadcast, request, &response), "");
  EXPECT_EQ(response.recipient_count(), 1);
  EXPECT_EQ(ReadFrame(plain.peer.get())->payload, "to the default room");
}

TEST(AdminCloseTest, StatsTellTheFullestRooms) {
  RunningAdmin running;
  const Member a = Open(&running, "/websocket?room=a", "203.0.113.7");
  const Member b = Open(&running, "/websocket?room=b", "203.0.113.7");
  const Member b2 = Open(&running, "/websocket?room=b", "203.0.113.7");
  const Member c = Open(&running, "/websocket?room=c", "203.0.113.7");
  const admin::v1::GetStatsResponse stats = Stats(&running, 2);
  EXPECT_EQ(stats.rooms_open(), 3);
  ASSERT_EQ(stats.rooms_size(), 2);
  EXPECT_EQ(stats.rooms(0).room(), "b");
  EXPECT_EQ(stats.rooms(0).client_count(), 2);
  EXPECT_EQ(stats.rooms(1).room(), "a");
  ASSERT_EQ(stats.tasks_size(), 1);
  EXPECT_EQ(stats.tasks(0), "this-task");
  EXPECT_EQ(Stats(&running).rooms_size(), 0);
}

}  // namespace
}  // namespace viaduct::origin
