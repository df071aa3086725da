// The drain of a running chat.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

std::string CloseWithCode(int code) {
  return Bytes({.first_byte = 0x88, .payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}});
}

TEST(DrainControlTest, EverythingSentBeforeIsAnsweredBeforeTheClose) {
  RunningChat running;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 50; ++i) {
    peers.push_back(std::make_unique<RawPeer>(running.address()));
    OpenWebSocket(peers.back().get());
  }
  for (const auto& peer : peers) {
    for (int n = 0; n < 10; ++n) ASSERT_TRUE(peer->Send(Bytes({.payload = "last words"})));
  }
  for (const auto& peer : peers) ASSERT_TRUE(peer->WaitUntilDelivered());
  running.chat().Drain();
  for (const auto& peer : peers) {
    int messages = 0;
    auto frame = ReadFrame(peer.get());
    for (; frame && frame->first_byte == 0x81; frame = ReadFrame(peer.get())) ++messages;
    EXPECT_EQ(messages, 500);
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->payload, "\x03\xe9server shutting down");
    ASSERT_TRUE(peer->Send(CloseWithCode(1001)));
    EXPECT_EQ(peer->ReadToEnd(), "");
    EXPECT_FALSE(peer->was_reset());
    peer->ShutdownWrite();
  }
  EXPECT_TRUE(Eventually([&] { return running.chat().empty(); }));
  EXPECT_EQ(running.LogLines(R"("code":1001,"reason":"")", 50).size(), 50u);
}

TEST(DrainControlTest, AnIdleChatIsEmptyAtOnce) {
  RunningChat running;
  RawPeer kept(running.address());
  ASSERT_TRUE(kept.Send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
  kept.ReadUntil("ok\n");
  running.chat().Drain();
  EXPECT_TRUE(running.chat().empty());
  EXPECT_EQ(kept.ReadToEnd(), "");
}

TEST(DrainControlTest, WhoWasLetInIsAnsweredButGetsNoWebSocket) {
  RunningChat running;
  RawPeer fresh(running.address());
  RawPeer begun(running.address());
  ASSERT_TRUE(begun.Send("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(Eventually([&] {
    return running.chat().counters(0).http_connections_open.value() +
               running.chat().counters(1).http_connections_open.value() ==
           2;
  }));
  running.chat().Drain();
  ASSERT_TRUE(fresh.Send(Handshake()));
  EXPECT_EQ(fresh.ReadToEnd().substr(0, 32), "HTTP/1.1 503 Service Unavailable");
  ASSERT_TRUE(begun.Send("Host: a\r\n\r\n"));
  const std::string answer = begun.ReadToEnd();
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST(DrainControlTest, AStubbornClientDoesNotHoldTheOthersUp) {
  OriginConfig config = RunningChat::Config();
  config.close_timeout = std::chrono::milliseconds(200);
  RunningChat running(config);
  RawPeer stubborn(running.address());
  OpenWebSocket(&stubborn);
  RawPeer polite(running.address());
  OpenWebSocket(&polite);
  running.chat().Drain();
  EXPECT_EQ(ReadCloseCode(&polite), 1001);
  ASSERT_TRUE(polite.Send(CloseWithCode(1001)));
  EXPECT_EQ(polite.ReadToEnd(), "");
  EXPECT_TRUE(Eventually([&] { return running.chat().empty(); }));
}

TEST(DrainControlTest, AChatThatIsDestroyedCutsWhoeverIsLeft) {
  auto running = std::make_unique<RunningChat>();
  RawPeer peer(running->address());
  OpenWebSocket(&peer);
  ASSERT_TRUE(peer.Send(Bytes({.first_byte = 0x01, .payload = "begun"})));
  running.reset();
  peer.ReadToEnd();
  EXPECT_TRUE(peer.ended());
}

}  // namespace
}  // namespace viaduct::origin
