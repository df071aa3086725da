// Rooms of a running chat: who gets messages, who is counted, and how many rooms there may be.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/address_tally.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

std::string Welcome(const std::string& id, int count) {
  return R"({"type":"welcome","id":")" + id + R"(","clientCount":)" + std::to_string(count) + "}";
}

std::string Said(const std::string& type, const std::string& from, const std::string& message) {
  return R"({"type":")" + type + R"(","from":")" + from + R"(","message":")" + message + "\"}";
}

// Returns the answer to a handshake that is refused.
std::string Refused(RunningChat* running, const std::string& query) {
  RawPeer peer(running->address());
  EXPECT_TRUE(peer.Send(Handshake("/websocket" + query)));
  return peer.ReadToEnd();
}

TEST(ChatRoomTest, RoomsHearOnlyThemselvesInThePlainProtocol) {
  RunningChat running;
  ChatClient a1 = JoinRoom(&running, "?room=a");
  ChatClient b1 = JoinRoom(&running, "?room=b");
  ChatClient a2 = JoinRoom(&running, "?x=1&room=%61");
  ChatClient none1 = JoinRoom(&running, "");
  ChatClient none2 = JoinRoom(&running, "?room=");
  EXPECT_EQ(a1.welcome, Welcome(a1.id, 1));
  EXPECT_EQ(b1.welcome, Welcome(b1.id, 1));
  EXPECT_EQ(a2.welcome, Welcome(a2.id, 2));
  EXPECT_EQ(none1.welcome, Welcome(none1.id, 1));
  EXPECT_EQ(none2.welcome, Welcome(none2.id, 2));

  a1.Say("to a");
  EXPECT_EQ(a1.Hear(), Said("echo", a1.id, "to a"));
  EXPECT_EQ(a2.Hear(), Said("broadcast", a1.id, "to a"));
  none2.Say("to the default room");
  EXPECT_EQ(none2.Hear(), Said("echo", none2.id, "to the default room"));
  EXPECT_EQ(none1.Hear(), Said("broadcast", none2.id, "to the default room"));
  b1.Say("to b");
  EXPECT_EQ(b1.Hear(), Said("echo", b1.id, "to b"));
  // Each of the others gets its own message next, so nothing else came before.
  for (ChatClient* client : {&a1, &a2, &none1}) {
    client->Say("mine");
    EXPECT_EQ(client->Hear(), Said("echo", client->id, "mine"));
    if (client == &a1) {
      EXPECT_EQ(a2.Hear(), Said("broadcast", a1.id, "mine"));
    }
    if (client == &a2) {
      EXPECT_EQ(a1.Hear(), Said("broadcast", a2.id, "mine"));
    }
  }
}

TEST(ChatRoomTest, TheLogCountsTheRoom) {
  RunningChat running;
  ChatClient a1 = JoinRoom(&running, "?room=a");
  ChatClient a2 = JoinRoom(&running, "?room=a");
  ChatClient b1 = JoinRoom(&running, "?room=b");
  b1.Say("alone");
  b1.Hear();
  a1.Say("not alone");
  a1.Hear();
  for (const std::string& line : running.LogLines("ws message broadcasted", 2)) {
    EXPECT_EQ(JsonMember(line, "broadcastCount"), JsonMember(line, "id") == a1.id ? "1" : "0") << line;
  }
  a2.peer->Abort();
  const std::vector<std::string> closed = running.LogLines("ws closed");
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(JsonMember(closed[0], "clientCount"), "1");
}

TEST(ChatRoomTest, ABadQueryIsToldItsRule) {
  RunningChat running;
  const std::string room = Refused(&running, "?room=a&room=b");
  EXPECT_EQ(room.substr(0, 25), "HTTP/1.1 400 Bad Request\r");
  EXPECT_NE(room.find("\r\n\r\nroom: must be given once, at most 64 of "), std::string::npos) << room;
  const std::string since = Refused(&running, "?since=~");
  EXPECT_EQ(since.substr(0, 25), "HTTP/1.1 400 Bad Request\r");
  EXPECT_NE(since.find("\r\n\r\nsince: must be given once, at most 64 of "), std::string::npos) << since;
}

std::uint64_t Refusals(RunningChat* running, UpgradeRefusal refusal) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < running->chat().worker_count(); ++i) {
    sum += running->chat().counters(i).upgrade_refusals[static_cast<std::size_t>(refusal)].value();
  }
  return sum;
}

TEST(ChatRoomTest, AFullRoomRefusesUntilSomebodyHasGone) {
  OriginConfig config = RunningChat::Config();
  config.max_room_clients = 2;
  RunningChat running(config);
  ChatClient a = JoinRoom(&running, "?room=full");
  ChatClient b = JoinRoom(&running, "?room=full");
  const std::string refused = Refused(&running, "?room=full");
  EXPECT_EQ(refused.substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(refused.find("\r\nRetry-After: 5\r\n"), std::string::npos);
  EXPECT_TRUE(Eventually([&] { return Refusals(&running, UpgradeRefusal::kRoomFull) == 1; }));
  EXPECT_EQ(JoinRoom(&running, "?room=other").id.size(), 36u);
  b.peer->Abort();
  ASSERT_EQ(running.LogLines("ws closed", 2).size(), 2u);
  EXPECT_EQ(JsonMember(JoinRoom(&running, "?room=full").welcome, "clientCount"), "2");
}

TEST(ChatRoomTest, ABrowserIsToldOfAFullRoomByAClose) {
  OriginConfig config = RunningChat::Config();
  config.max_room_clients = 1;
  RunningChat running(config);
  ChatClient a = JoinRoom(&running, "?room=full");
  RawPeer browser(running.address());
  ASSERT_TRUE(browser.Send(Handshake("/websocket?room=full", "Origin: https://chat.example\r\n")));
  const std::string answer = browser.ReadToEnd();
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 101");
  EXPECT_NE(answer.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), "\x88\x0b\x03\xf5room full");
  EXPECT_TRUE(Eventually([&] { return Refusals(&running, UpgradeRefusal::kRoomFull) == 1; }));
}

TEST(ChatRoomTest, TooManyRoomsAreRefusedUntilOneIsGone) {
  OriginConfig config = RunningChat::Config();
  config.max_rooms = 2;
  RunningChat running(config);
  ChatClient a = JoinRoom(&running, "?room=a");
  ChatClient b = JoinRoom(&running, "?room=b");
  const std::string refused = Refused(&running, "?room=c");
  EXPECT_EQ(refused.substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(refused.find("\r\nRetry-After: 5\r\n"), std::string::npos);
  EXPECT_TRUE(Eventually([&] { return Refusals(&running, UpgradeRefusal::kTooManyRooms) == 1; }));
  // A room that exists only for its history is dropped.
  a.Say("kept");
  a.Hear();
  a.peer->Abort();
  ASSERT_EQ(running.LogLines("ws closed").size(), 1u);
  EXPECT_EQ(JoinRoom(&running, "?room=c").id.size(), 36u);
}

// As the sidecar tells it.
std::string ViewerField(const std::string& address) { return "X-Viaduct-Viewer-Address: " + address + "\r\n"; }

std::string AnswerTo(RunningChat* running, const std::string& handshake) {
  RawPeer peer(running->address());
  EXPECT_TRUE(peer.Send(handshake));
  return peer.ReadToEnd();
}

TEST(ChatRoomTest, FullRoomsLeaveTheDefaultRoomOpen) {
  OriginConfig config = RunningChat::Config();
  config.max_rooms = 1;
  RunningChat running(config);
  ChatClient a = JoinRoom(&running, "?room=a");
  EXPECT_EQ(Refused(&running, "?room=b").substr(0, 12), "HTTP/1.1 503");
  EXPECT_EQ(JoinRoom(&running, "").id.size(), 36u);
}

TEST(ChatRoomTest, AViewerHasNoMoreConnectionsThanAllowed) {
  OriginConfig config = RunningChat::Config();
  config.max_connections_per_viewer = 1;
  RunningChat running(config);
  RawPeer first(running.address());
  ASSERT_TRUE(first.Send(Handshake("/websocket", ViewerField("2001:db8::1"))));
  EXPECT_NE(first.ReadUntil("\r\n\r\n").find("101 Switching"), std::string::npos);
  const std::string refused = AnswerTo(&running, Handshake("/websocket", ViewerField("2001:db8::2")));
  EXPECT_EQ(refused.substr(0, 12), "HTTP/1.1 429");
  EXPECT_NE(refused.find("\r\nRetry-After: 5\r\n"), std::string::npos);
  EXPECT_TRUE(Eventually([&] { return Refusals(&running, UpgradeRefusal::kTooManyViewerConnections) == 1; }));
  EXPECT_EQ(running.chat().viewers().Most(), (net::AddressTally::Counts{1, 0}));
  // Others may come, and those whose address nobody told.
  RawPeer other(running.address());
  ASSERT_TRUE(other.Send(Handshake("/websocket", ViewerField("203.0.113.7"))));
  EXPECT_NE(other.ReadUntil("\r\n\r\n").find("101 Switching"), std::string::npos);
  ChatClient unknown1 = JoinRoom(&running, "");
  ChatClient unknown2 = JoinRoom(&running, "");
  first.Abort();
  ASSERT_EQ(running.LogLines("ws closed").size(), 1u);
  RawPeer next(running.address());
  ASSERT_TRUE(next.Send(Handshake("/websocket", ViewerField("2001:db8::3"))));
  EXPECT_NE(next.ReadUntil("\r\n\r\n").find("101 Switching"), std::string::npos);
}

TEST(ChatRoomTest, AViewerOpensNoMoreRoomsThanAllowed) {
  OriginConfig config = RunningChat::Config();
  config.max_rooms_per_viewer = 1;
  RunningChat running(config);
  RawPeer first(running.address());
  ASSERT_TRUE(first.Send(Handshake("/websocket?room=a", ViewerField("203.0.113.7"))));
  EXPECT_NE(first.ReadUntil("\r\n\r\n").find("101 Switching"), std::string::npos);
  const std::string refused = AnswerTo(&running, Handshake("/websocket?room=b", ViewerField("203.0.113.7")));
  EXPECT_EQ(refused.substr(0, 12), "HTTP/1.1 429");
  EXPECT_TRUE(Eventually([&] { return Refusals(&running, UpgradeRefusal::kTooManyViewerRooms) == 1; }));
  EXPECT_EQ(running.chat().viewers().Most(), (net::AddressTally::Counts{1, 1}))
      << "a refused handshake counts for nothing";
}

TEST(ChatRoomTest, AThousandRoomsKeepApart) {
  RunningChat running;
  constexpr int kRooms = 500;
  std::vector<ChatClient> clients;
  for (int i = 0; i < 2 * kRooms; ++i) clients.push_back(JoinRoom(&running, "?room=r" + std::to_string(i % kRooms)));
  for (ChatClient& client : clients) client.Say("from " + client.id);
  for (int i = 0; i < 2 * kRooms; ++i) {
    const ChatClient& other = clients[static_cast<std::size_t>((i + kRooms) % (2 * kRooms))];
    ChatClient& client = clients[static_cast<std::size_t>(i)];
    const std::string echo = Said("echo", client.id, "from " + client.id);
    const std::string broadcast = Said("broadcast", other.id, "from " + other.id);
    const std::string first = client.Hear();
    EXPECT_EQ(client.Hear(), first == echo ? broadcast : echo);
    EXPECT_TRUE(first == echo || first == broadcast) << first;
  }
}

}  // namespace
}  // namespace viaduct::origin
