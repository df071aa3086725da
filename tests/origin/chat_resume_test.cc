// Clients of a running chat that resume: nothing lost, nothing doubled, gaps told.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/origin/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct {
namespace {

struct Client {
  std::unique_ptr<RawPeer> peer;
  std::string welcome;
  std::string id;

  void Say(const std::string& text) { EXPECT_TRUE(peer->Send(Bytes({.payload = text}))); }
  // The next frame that is no presence.
  std::string Hear() {
    for (;;) {
      std::string payload = ReadPayload(peer.get());
      if (JsonMember(payload, "type") != "presence") return payload;
    }
  }
};

Client Join(RunningChat* running, const std::string& query) {
  Client client{.peer = std::make_unique<RawPeer>(running->address()), .welcome = "", .id = ""};
  client.welcome = OpenWebSocket(client.peer.get(), "/websocket" + query);
  client.id = JsonMember(client.welcome, "id");
  return client;
}

std::string Positioned(const std::string& type, const std::string& from, const std::string& message,
                       const std::string& position) {
  return R"({"type":")" + type + R"(","from":")" + from + R"(","message":")" + message + R"(","position":")" +
         position + R"(","messageId":")" + position + R"("})";
}

std::string Welcome(const Client& client, int count, const std::string& room, const std::string& resume,
                    const std::string& position) {
  return R"({"type":"welcome","id":")" + client.id + R"(","clientCount":)" + std::to_string(count) + R"(,"room":")" +
         room + R"(","resume":")" + resume + R"(","position":")" + position + R"("})";
}

TEST(ChatResumeTest, ADisconnectedClientGetsWhatItMissed) {
  RunningChat running;
  Client a = Join(&running, "?room=r&since=");
  const std::string start = JsonMember(a.welcome, "position");
  const std::string epoch = start.substr(0, start.find('-'));
  EXPECT_EQ(a.welcome, Welcome(a, 1, "r", "new", epoch + "-0"));
  Client b = Join(&running, "?room=r&since=");
  b.Say("one");
  EXPECT_EQ(b.Hear(), Positioned("echo", b.id, "one", epoch + "-1"));
  EXPECT_EQ(a.Hear(), Positioned("broadcast", b.id, "one", epoch + "-1"));
  a.peer->Abort();
  ASSERT_EQ(running.LogLines("ws closed").size(), 1u);
  b.Say("two");
  EXPECT_EQ(b.Hear(), Positioned("echo", b.id, "two", epoch + "-2"));

  Client again = Join(&running, "?room=r&since=" + epoch + "-1");
  EXPECT_EQ(again.welcome, Welcome(again, 2, "r", "complete", epoch + "-1"));
  EXPECT_EQ(again.Hear(), Positioned("broadcast", b.id, "two", epoch + "-2"));
  again.Say("three");
  EXPECT_EQ(again.Hear(), Positioned("echo", again.id, "three", epoch + "-3"));
}

TEST(ChatResumeTest, ARoomKeepsItsHistoryWhileNobodyIsThere) {
  RunningChat running;
  Client a = Join(&running, "?since=");
  const std::string start = JsonMember(a.welcome, "position");
  a.Say("before");
  const std::string echo = a.Hear();
  a.peer->Abort();
  ASSERT_EQ(running.LogLines("ws closed").size(), 1u);
  Client again = Join(&running, "?since=" + start);
  EXPECT_EQ(again.welcome, Welcome(again, 1, "", "complete", start));
  EXPECT_EQ(again.Hear(), Positioned("broadcast", a.id, "before", JsonMember(echo, "position")));
}

TEST(ChatResumeTest, AClientOfTheSeedInTheSameRoomSeesTheSeedsBytes) {
  OriginConfig config = RunningChat::Config();
  config.workers = 1;  // so that all three share one
  RunningChat running(config);
  Client seed = Join(&running, "?room=r");
  Client resuming = Join(&running, "?room=r&since=");
  Client other = Join(&running, "?room=r");
  EXPECT_EQ(other.welcome, R"({"type":"welcome","id":")" + other.id + R"(","clientCount":3})");
  resuming.Say("hi");
  const std::string said = R"(","from":")" + resuming.id + R"(","message":"hi"})";
  EXPECT_EQ(ReadPayload(seed.peer.get()), R"({"type":"broadcast)" + said);
  EXPECT_EQ(ReadPayload(other.peer.get()), R"({"type":"broadcast)" + said);
  seed.Say("ho");
  EXPECT_EQ(ReadPayload(seed.peer.get()), R"({"type":"echo","from":")" + seed.id + R"(","message":"ho"})");
  EXPECT_EQ(JsonMember(resuming.Hear(), "type"), "echo");
  const std::string heard = resuming.Hear();
  EXPECT_EQ(heard, Positioned("broadcast", seed.id, "ho", JsonMember(heard, "position")));
}

TEST(ChatResumeTest, AnOperatorsMessageIsAsItIsAndNotInTheHistory) {
  RunningChat running;
  Client a = Join(&running, "?since=");
  EXPECT_EQ(*running.chat().control().Broadcast(std::nullopt, ChatControl::Payload::kText, "maintenance"), 1);
  EXPECT_EQ(a.Hear(), "maintenance");
  a.Say("mine");
  EXPECT_EQ(JsonMember(a.Hear(), "message"), "mine");
  Client b = Join(&running, "?since=" + JsonMember(a.welcome, "position"));
  EXPECT_EQ(JsonMember(b.Hear(), "message"), "mine");
}

TEST(ChatResumeTest, WhatIsNotKeptIsAGap) {
  OriginConfig config = RunningChat::Config();
  config.history.max_messages = 2;
  RunningChat running(config);
  Client a = Join(&running, "?since=");
  const std::string start = JsonMember(a.welcome, "position");
  const std::string epoch = start.substr(0, start.find('-'));
  for (const char* text : {"one", "two", "three"}) {
    a.Say(text);
    EXPECT_EQ(JsonMember(a.Hear(), "message"), text);
  }
  Client late = Join(&running, "?since=" + start);
  EXPECT_EQ(late.welcome, Welcome(late, 2, "", "gap", epoch + "-1"));
  EXPECT_EQ(JsonMember(late.Hear(), "message"), "two");
  EXPECT_EQ(JsonMember(late.Hear(), "message"), "three");
  Client elsewhere = Join(&running, "?since=1700000000000-0");
  EXPECT_EQ(elsewhere.welcome, Welcome(elsewhere, 3, "", "gap", epoch + "-1"));
}

TEST(ChatResumeTest, PresenceIsToldToThoseWhoCanResume) {
  RunningChat running;
  Client a = Join(&running, "?room=r&since=");
  Client b = Join(&running, "?room=r");
  EXPECT_EQ(ReadPayload(a.peer.get()), R"({"type":"presence","clientCount":2})");
  b.peer->Abort();
  EXPECT_EQ(ReadPayload(a.peer.get()), R"({"type":"presence","clientCount":1})");
}

// Reads until it has seen `count` different messages, reconnecting at random; checks that each comes once, in order.
void ListenWithCuts(RunningChat* running, unsigned seed, int count, std::atomic<int>* ready) {
  std::mt19937 random(seed);
  std::string position;
  int cuts = 0;
  std::uint64_t last = 0;
  for (int seen = 0; seen < count;) {
    Client client = Join(running, "?room=r&since=" + position);
    if (position.empty()) {
      position = JsonMember(client.welcome, "position");
      ++*ready;
    } else {
      ASSERT_EQ(JsonMember(client.welcome, "resume"), "complete") << client.welcome;
      ASSERT_EQ(JsonMember(client.welcome, "position"), position);
    }
    for (int left = static_cast<int>(random() % 60); seen < count && (left > 0 || cuts > 30); --left) {
      const std::string payload = client.Hear();
      position = JsonMember(payload, "position");
      const std::uint64_t number = std::stoull("0" + position.substr(position.find('-') + 1));
      ASSERT_EQ(number, last + 1) << payload;
      last = number;
      ++seen;
    }
    if (random() % 2 == 0) client.peer->Abort();
    ++cuts;
  }
}

TEST(ChatResumeTest, UnderRandomCutsNothingIsLostOrDoubled) {
  constexpr int kSenders = 3;
  constexpr int kListeners = 4;
  constexpr int kEach = 300;
  OriginConfig config = RunningChat::Config();
  config.workers = 3;
  config.history.max_messages = 100000;
  RunningChat running(config);
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kListeners; ++i) {
    threads.emplace_back([&, i] { ListenWithCuts(&running, i, kSenders * kEach, &ready); });
  }
  EXPECT_TRUE(Eventually([&] { return ready == kListeners; }));
  for (int i = 0; i < kSenders; ++i) {
    threads.emplace_back([&, i] {
      // One of them is a client of the seed, and all read what they get.
      Client client = Join(&running, i == 0 ? "?room=r" : "?room=r&since=");
      for (int n = 0; n < kEach; ++n) {
        client.Say(std::to_string(i) + ":" + std::to_string(n));
        while (JsonMember(client.Hear(), "type") != "echo") {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace viaduct
