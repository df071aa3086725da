// The messages that clients of a running chat send and receive, with Beast's stream as the client.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"
#include "tests/support/socket_path.h"
#include "tests/support/ws_client.h"
#include "websocket/inflater.h"

namespace viaduct::origin {
namespace {

struct Member {
  std::unique_ptr<WsClient> client;
  std::string id;
  std::string welcome;
};

Member Join(RunningChat* running, const WsClient::Options& options = {}) {
  auto client = WsClient::Connect(running->address(), options);
  EXPECT_TRUE(client.ok()) << client.status();
  if (!client.ok()) return {};
  Member member{.client = *std::move(client), .id = "", .welcome = ""};
  member.welcome = member.client->ReceiveText();
  member.id = JsonMember(member.welcome, "id");
  return member;
}

std::string Welcome(const std::string& id, int count) {
  return R"({"type":"welcome","id":")" + id + R"(","clientCount":)" + std::to_string(count) + "}";
}

std::string Echo(const std::string& from, const std::string& message) {
  return R"({"type":"echo","from":")" + from + R"(","message":")" + message + "\"}";
}

std::string Broadcast(const std::string& from, const std::string& message) {
  return R"({"type":"broadcast","from":")" + from + R"(","message":")" + message + "\"}";
}

TEST(ChatMessageFlowTest, ThreeClientsTalkInThePlainProtocol) {
  RunningChat running;
  Member a = Join(&running);
  Member b = Join(&running);
  Member c = Join(&running);
  EXPECT_EQ(a.welcome, Welcome(a.id, 1));
  EXPECT_EQ(b.welcome, Welcome(b.id, 2));
  EXPECT_EQ(c.welcome, Welcome(c.id, 3));

  ASSERT_TRUE(a.client->SendText("こんにちは").ok());
  EXPECT_EQ(a.client->ReceiveText(), Echo(a.id, "こんにちは"));
  EXPECT_EQ(b.client->ReceiveText(), Broadcast(a.id, "こんにちは"));
  EXPECT_EQ(c.client->ReceiveText(), Broadcast(a.id, "こんにちは"));
  ASSERT_TRUE(b.client->SendText("").ok());
  EXPECT_EQ(b.client->ReceiveText(), Echo(b.id, ""));
  EXPECT_EQ(a.client->ReceiveText(), Broadcast(b.id, ""));
  EXPECT_EQ(c.client->ReceiveText(), Broadcast(b.id, ""));

  const auto closed = c.client->Close(1000, "bye");
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->code, 1000);
  const std::vector<std::string> lines = running.LogLines("ws closed");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("\"id\":\"" + c.id + R"(","code":1000,"reason":"bye","clientCount":2,"end":)"),
            std::string::npos)
      << lines[0];
}

TEST(ChatMessageFlowTest, EveryStepIsLogged) {
  RunningChat running;
  Member a = Join(&running, {.target = "/websocket?x=\"1\"",
                             .fields = {{"User-Agent", "tester"},
                                        {"X-Forwarded-For", "2001:db8::1, 130.176.119.40"},
                                        {"X-Amz-Cf-Id", "cf=="}}});
  // The lines of two workers come in any order.
  ASSERT_EQ(running.LogLines("ws connected", 1).size(), 1u);
  Member b = Join(&running, {.fields = {{"User-Agent", "other"}}});
  ASSERT_TRUE(a.client->SendText("元気ですか?").ok());
  ASSERT_TRUE(a.client->SendBinary("\x01").ok());
  b.client->ReceiveText();
  b.client->ReceiveText();

  const std::vector<std::string> connected = running.LogLines("ws connected", 2);
  ASSERT_EQ(connected.size(), 2u);
  EXPECT_NE(connected[0].find("\"id\":\"" + a.id +
                              R"(","url":"/websocket?x=***","userAgent":"tester",)"
                              R"("forwardedFor":"2001:db8::1, 130.176.119.40","cloudfrontId":"cf==","clientCount":1,)"
                              R"("msg":"ws connected"})"),
            std::string::npos)
      << connected[0];
  EXPECT_NE(connected[1].find(R"("userAgent":"other","clientCount":2,"msg")"), std::string::npos) << connected[1];
  const std::vector<std::string> lines = running.LogLines("ws message", 4);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_NE(lines[0].find("\"id\":\"" + a.id + R"(","bytes":16,"isBinary":false,"msg":"ws message received"})"),
            std::string::npos)
      << lines[0];
  EXPECT_NE(lines[1].find("\"id\":\"" + a.id + R"(","broadcastCount":1,"msg":"ws message broadcasted"})"),
            std::string::npos)
      << lines[1];
  EXPECT_NE(lines[2].find(R"("bytes":1,"isBinary":true)"), std::string::npos) << lines[2];
}

TEST(ChatMessageFlowTest, BinaryMessagesAreAnsweredAsText) {
  RunningChat running;
  Member a = Join(&running);
  ASSERT_TRUE(a.client->SendBinary("ab\xff").ok());
  const auto echo = a.client->Receive();
  ASSERT_TRUE(echo.ok());
  EXPECT_FALSE(echo->binary);
  EXPECT_EQ(echo->payload, Echo(a.id, "ab\ufffd"));
}

TEST(ChatMessageFlowTest, FragmentsAreOneMessageAlsoAroundAPing) {
  RunningChat running;
  Member a = Join(&running);
  ASSERT_TRUE(a.client->SendFragments({"one ", "", "two ", "three"}).ok());
  EXPECT_EQ(a.client->ReceiveText(), Echo(a.id, "one two three"));
  ASSERT_TRUE(a.client->SendUnfinished("four ").ok());
  ASSERT_TRUE(a.client->SendPing("between").ok());
  const auto pong = a.client->ReceivePong();
  ASSERT_TRUE(pong.ok()) << pong.status();
  EXPECT_EQ(*pong, "between");
  ASSERT_TRUE(a.client->SendFragments({"five"}).ok());
  EXPECT_EQ(a.client->ReceiveText(), Echo(a.id, "four five"));
}

TEST(ChatMessageFlowTest, AMessageOfTheGreatestSizeComesThrough) {
  RunningChat running;
  Member a = Join(&running);
  Member b = Join(&running);
  const std::string message(1 << 20, 'm');
  std::thread sender([&] { EXPECT_TRUE(a.client->SendText(message).ok()); });
  EXPECT_TRUE(b.client->ReceiveText() == Broadcast(a.id, message));
  sender.join();
  EXPECT_TRUE(a.client->ReceiveText() == Echo(a.id, message));
}

TEST(ChatMessageFlowTest, EscapesOfTheGreatestSizeCostNobodyTheConnection) {
  RunningChat running;
  Member a = Join(&running);
  Member b = Join(&running);
  // JSON needs six bytes for each byte of the message, and counts.
  const std::string message((1 << 20) / 6, '\x01');
  std::thread sender([&] { EXPECT_TRUE(a.client->SendText(message).ok()); });
  EXPECT_EQ(b.client->ReceiveText().size(), Broadcast(a.id, "").size() + 6 * message.size());
  sender.join();
  EXPECT_EQ(a.client->ReceiveText().size(), Echo(a.id, "").size() + 6 * message.size());
}

TEST(ChatMessageFlowTest, AnOfferOfCompressionIsDeclined) {
  RunningChat running;
  Member a = Join(&running, {.offer_deflate = true});
  EXPECT_EQ(a.client->ResponseField("Sec-WebSocket-Extensions"), "");
  ASSERT_TRUE(a.client->SendText("plain").ok());
  EXPECT_EQ(a.client->ReceiveText(), Echo(a.id, "plain"));
}

TEST(ChatMessageFlowTest, ClientsOfBeastCompressAndAreSentWhatTheyCanInflate) {
  OriginConfig config = RunningChat::Config();
  config.compression = {.enabled = true, .policy = {.client_context = websocket::DeflateContext::kTakenOver}};
  RunningChat running(config);
  Member a = Join(&running, {.offer_deflate = true});
  Member b = Join(&running, {.offer_deflate = true});
  EXPECT_NE(a.client->ResponseField("Sec-WebSocket-Extensions"), "");
  for (int i = 0; i < 20; ++i) {
    const std::string text = std::to_string(i) + std::string(2000, 'c');
    ASSERT_TRUE(a.client->SendText(text).ok());
    EXPECT_EQ(a.client->ReceiveText(), Echo(a.id, text));
    EXPECT_EQ(b.client->ReceiveText(), Broadcast(a.id, text));
  }
}

TEST(ChatMessageFlowTest, BytesBehindTheHandshakeAreTheFirstMessage) {
  RunningChat running;
  RawPeer peer(running.address());
  const std::string early = Bytes({.payload = "early"});
  ASSERT_TRUE(peer.Send(Handshake() + early + early.substr(0, 3)));
  peer.ReadUntil("\r\n\r\n");
  ReadFrame(&peer);
  EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "early");
  ASSERT_TRUE(peer.Send(early.substr(3)));
  EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "early");
}

TEST(ChatMessageFlowTest, AFrameMayComeByteByByte) {
  RunningChat running;
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  for (const char c : Bytes({.payload = "slowly", .length_bytes = 0})) ASSERT_TRUE(peer.Send(std::string(1, c)));
  EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "slowly");
}

TEST(ChatMessageFlowTest, EveryPingOfABurstIsAnswered) {
  RunningChat running;
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  std::string pings;
  for (int i = 0; i < 50; ++i) pings += Bytes({.first_byte = 0x89, .payload = std::to_string(i)});
  ASSERT_TRUE(peer.Send(pings));
  for (int i = 0; i < 50; ++i) {
    const auto pong = ReadFrame(&peer);
    ASSERT_TRUE(pong.has_value());
    EXPECT_EQ(pong->first_byte, 0x8a);
    EXPECT_EQ(pong->payload, std::to_string(i));
  }
}

TEST(ChatMessageFlowTest, AnUnaskedPongIsIgnored) {
  RunningChat running;
  Member a = Join(&running);
  ASSERT_TRUE(a.client->SendPong("unasked").ok());
  ASSERT_TRUE(a.client->SendText("still here").ok());
  EXPECT_EQ(a.client->ReceiveText(), Echo(a.id, "still here"));
}

TEST(ChatMessageFlowTest, ListensOnAUnixSocketForAllWorkers) {
  const SocketPath socket;
  OriginConfig config = RunningChat::Config();
  config.listen = *net::SocketAddress::Parse("unix:" + socket.path());
  RunningChat running(config);
  Member a = Join(&running);
  Member b = Join(&running);
  EXPECT_EQ(b.welcome, Welcome(b.id, 2));
  ASSERT_TRUE(a.client->SendText("hi").ok());
  EXPECT_EQ(a.client->ReceiveText(), Echo(a.id, "hi"));
  EXPECT_EQ(b.client->ReceiveText(), Broadcast(a.id, "hi"));
  EXPECT_EQ(running.chat().counters(0).connections.value(), 1u);
  EXPECT_EQ(running.chat().counters(1).connections.value(), 1u);
}

TEST(ChatMessageFlowTest, TwoHundredClientsHearEachOther) {
  RunningChat running;
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) {
    peers.push_back(std::make_unique<RawPeer>(running.address()));
    ids.push_back(OpenWebSocket(peers.back().get()));
  }
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 200u);
  for (const auto& peer : peers) ASSERT_TRUE(peer->Send(Bytes({.payload = "hello"})));
  std::vector<std::string> first_order;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    std::vector<std::string> order;
    for (std::size_t n = 0; n < peers.size(); ++n) {
      const auto frame = ReadFrame(peers[i].get());
      ASSERT_TRUE(frame.has_value()) << i << " " << n;
      const std::string from = JsonMember(frame->payload, "from");
      EXPECT_EQ(JsonMember(frame->payload, "type"), from == ids[i] ? "echo" : "broadcast");
      order.push_back(from);
    }
    if (i == 0) first_order = order;
    ASSERT_TRUE(order == first_order) << i;
  }
  EXPECT_EQ(std::set<std::string>(first_order.begin(), first_order.end()).size(), 200u);
  for (const std::string& line : running.LogLines("ws message broadcasted", 200)) {
    EXPECT_EQ(JsonMember(line, "broadcastCount"), "199");
  }
}

// Several workers, every client sending as fast as it can: nothing lost, nothing doubled, one order for all.
TEST(ChatMessageFlowTest, UnderAFloodAllClientsSeeOneOrder) {
  constexpr int kClients = 8;
  constexpr int kEach = 500;
  OriginConfig config = RunningChat::Config();
  config.workers = 3;
  config.max_outbound_bytes = 64 << 20;
  RunningChat running(config);
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::vector<std::string> ids;
  for (int i = 0; i < kClients; ++i) {
    peers.push_back(std::make_unique<RawPeer>(running.address()));
    ids.push_back(OpenWebSocket(peers.back().get()));
  }
  std::vector<std::vector<std::string>> seen(kClients);
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      std::string all;
      for (int n = 0; n < kEach; ++n) all += Bytes({.payload = std::to_string(i) + ":" + std::to_string(n)});
      EXPECT_TRUE(peers[i]->Send(all));
      for (int n = 0; n < kClients * kEach; ++n) {
        const auto frame = ReadFrame(peers[i].get());
        if (!frame) {
          ADD_FAILURE() << "client " << i << " lost its connection after " << n;
          return;
        }
        const std::string type = JsonMember(frame->payload, "from") == ids[i] ? "echo" : "broadcast";
        EXPECT_EQ(JsonMember(frame->payload, "type"), type);
        seen[i].push_back(JsonMember(frame->payload, "message"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 1; i < kClients; ++i) EXPECT_TRUE(seen[i] == seen[0]) << i;
  EXPECT_EQ(std::set<std::string>(seen[0].begin(), seen[0].end()).size(), static_cast<std::size_t>(kClients * kEach));
  // Each sender's own messages keep their order.
  std::map<std::string, int> next;
  for (const std::string& message : seen[0]) {
    const std::size_t colon = message.find(':');
    EXPECT_EQ(message.substr(colon + 1), std::to_string(next[message.substr(0, colon)]++));
  }
}

}  // namespace
}  // namespace viaduct::origin
