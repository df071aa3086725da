// Chats that share rooms through a broker.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/origin/fake_broker.h"
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

// Sends the handshake of a client whose welcome does not come yet.
Client Begin(RunningChat* running, const std::string& query) {
  Client client{.peer = std::make_unique<RawPeer>(running->address()), .welcome = "", .id = ""};
  EXPECT_TRUE(client.peer->Send(Handshake("/websocket" + query)));
  EXPECT_EQ(client.peer->ReadUntil("\r\n\r\n").substr(0, 12), "HTTP/1.1 101");
  return client;
}

void Welcomed(Client* client) {
  client->welcome = ReadPayload(client->peer.get());
  EXPECT_EQ(JsonMember(client->welcome, "type"), "welcome");
  client->id = JsonMember(client->welcome, "id");
}

// Some tasks on one broker.
struct Tasks {
  explicit Tasks(std::size_t count, const OriginConfig& config = RunningChat::Config()) {
    for (std::size_t i = 0; i < count; ++i) {
      chats.push_back(
          std::make_unique<RunningChat>(config, [this](Broker::Listener* listener) { return cluster.Make(listener); }));
    }
  }
  RunningChat* operator[](std::size_t i) { return chats[i].get(); }

  FakeCluster cluster;
  std::vector<std::unique_ptr<RunningChat>> chats;
};

TEST(ChatBrokerTest, ClientsOfAllTasksShareARoom) {
  Tasks tasks(2);
  Client a = Join(tasks[0], "?room=r");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.Clients("r") == 1; }));
  Client b = Join(tasks[1], "?room=r");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.Clients("r") == 2; }));
  Client other = Join(tasks[1], "?room=other");
  a.Say("h\"i");
  EXPECT_EQ(a.Hear(), R"({"type":"echo","from":")" + a.id + R"(","message":"h\"i"})");
  EXPECT_EQ(b.Hear(), R"({"type":"broadcast","from":")" + a.id + R"(","message":"h\"i"})");
  ASSERT_TRUE(b.peer->Send(Bytes({.first_byte = 0x82, .payload = "x\xff"})));
  EXPECT_EQ(b.Hear(), R"({"type":"echo","from":")" + b.id + "\",\"message\":\"x\ufffd\"}");
  EXPECT_EQ(a.Hear(), R"({"type":"broadcast","from":")" + b.id + "\",\"message\":\"x\ufffd\"}");
  other.Say("apart");
  EXPECT_EQ(JsonMember(other.Hear(), "message"), "apart");
  b.peer->Abort();
  EXPECT_TRUE(Eventually([&] { return tasks.cluster.Clients("r") == 1; }));
}

TEST(ChatBrokerTest, CountsAndPresenceAreOfAllTasks) {
  Tasks tasks(2);
  Client a = Join(tasks[0], "?room=r&since=");
  Client b = Join(tasks[1], "?room=r");
  EXPECT_EQ(ReadPayload(a.peer.get()), R"({"type":"presence","clientCount":2})");
  Client c = Join(tasks[0], "?room=r");
  EXPECT_EQ(JsonMember(c.welcome, "clientCount"), "3");
  Client alone = Join(tasks[0], "?room=alone");
  EXPECT_EQ(JsonMember(alone.welcome, "clientCount"), "1");
}

TEST(ChatBrokerTest, AClientResumesOnAnotherTask) {
  Tasks tasks(2);
  Client a = Join(tasks[0], "?since=");
  EXPECT_EQ(JsonMember(a.welcome, "resume"), "new");
  EXPECT_EQ(JsonMember(a.welcome, "position"), "1-0");
  Client b = Join(tasks[0], "?since=");
  b.Say("one");
  const std::string echo = b.Hear();
  EXPECT_EQ(JsonMember(echo, "position"), "1-1");
  EXPECT_EQ(JsonMember(echo, "type"), "echo");
  const std::string id = JsonMember(echo, "messageId");
  EXPECT_NE(id.find('-'), std::string::npos);
  const std::string heard = a.Hear();
  EXPECT_EQ(heard, R"({"type":"broadcast","from":")" + b.id + R"(","message":"one","position":"1-1","messageId":")" +
                       id + "\"}");
  b.Say("two");
  b.Hear();

  Client again = Join(tasks[1], "?since=1-1");
  EXPECT_EQ(JsonMember(again.welcome, "resume"), "complete");
  EXPECT_EQ(JsonMember(again.Hear(), "message"), "two");
  tasks.cluster.set_kept(1);
  Client late = Join(tasks[1], "?since=1-0");
  EXPECT_EQ(JsonMember(late.welcome, "resume"), "gap");
  EXPECT_EQ(JsonMember(late.welcome, "position"), "1-1");
  EXPECT_EQ(JsonMember(late.Hear(), "message"), "two");
}

TEST(ChatBrokerTest, WhatComesWhileTheHistoryIsReadIsToldOnce) {
  Tasks tasks(1);
  Client b = Join(tasks[0], "");
  b.Say("one");
  b.Hear();
  tasks.cluster.HoldAnswers(true);
  Client a = Begin(tasks[0], "?since=1-0");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  b.Say("two");
  b.Hear();
  a.Say("mine");
  EXPECT_EQ(JsonMember(b.Hear(), "message"), "mine");
  tasks.cluster.HoldAnswers(false);
  Welcomed(&a);
  EXPECT_EQ(JsonMember(a.welcome, "resume"), "complete");
  for (const char* text : {"one", "two", "mine"}) EXPECT_EQ(JsonMember(a.Hear(), "message"), text);
  b.Say("four");
  EXPECT_EQ(JsonMember(a.Hear(), "position"), "1-4");
}

TEST(ChatBrokerTest, AClientThatLeavesWhileTheHistoryIsReadIsForgotten) {
  Tasks tasks(1);
  tasks.cluster.HoldAnswers(true);
  Client a = Begin(tasks[0], "?room=r&since=1-0");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  a.peer->Abort();
  ASSERT_EQ(tasks[0]->LogLines("ws closed").size(), 1u);
  tasks.cluster.HoldAnswers(false);
  Client b = Join(tasks[0], "?room=r&since=");
  b.Say("still here");
  EXPECT_EQ(JsonMember(b.Hear(), "type"), "echo");
}

TEST(ChatBrokerTest, WithoutAnAnswerAGapIsToldAndTheClientGoesOn) {
  Tasks tasks(1);
  tasks.cluster.set_failing(true);
  Client a = Join(tasks[0], "?since=1-7");
  EXPECT_EQ(a.welcome, R"({"type":"welcome","id":")" + a.id + R"(","clientCount":1,"room":"","resume":"gap"})");
  a.Say("on");
  EXPECT_EQ(JsonMember(a.Hear(), "type"), "echo");
}

TEST(ChatBrokerTest, TooMuchWhileTheHistoryIsReadIsAGapAndBounded) {
  OriginConfig config = RunningChat::Config();
  config.max_outbound_bytes = 64 << 10;
  config.max_message_bytes = 16 << 10;
  Tasks tasks(1, config);
  Client b = Join(tasks[0], "");
  tasks.cluster.HoldAnswers(true);
  Client a = Begin(tasks[0], "?since=1-0");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  for (int i = 0; i < 8; ++i) {
    b.Say(std::string(10 << 10, 'x'));
    b.Hear();
  }
  Welcomed(&a);
  EXPECT_EQ(JsonMember(a.welcome, "resume"), "gap");
  EXPECT_EQ(JsonMember(a.Hear(), "position"), "1-1");
  tasks.cluster.HoldAnswers(false);
  b.Say("last");
  std::string heard;
  for (int number = 2; number <= 9; ++number) {
    heard = a.Hear();
    EXPECT_EQ(JsonMember(heard, "position"), "1-" + std::to_string(number));
  }
  EXPECT_EQ(JsonMember(heard, "message"), "last");
}

TEST(ChatBrokerTest, NothingIsReadWhileTheBrokerIsCongested) {
  Tasks tasks(1);
  Client a = Join(tasks[0], "");
  tasks.cluster.SetCongested(true);
  a.Say("one");  // whoever publishes sees that it should pause
  EXPECT_EQ(JsonMember(a.Hear(), "message"), "one");
  a.Say("two");
  ASSERT_TRUE(a.peer->WaitUntilDelivered());
  Client b = Join(tasks[0], "");  // time for the other to have been read
  EXPECT_EQ(tasks.cluster.Messages("").size(), 1u);
  tasks.cluster.SetCongested(false);
  EXPECT_EQ(JsonMember(a.Hear(), "message"), "two");
}

// Senders on all tasks, listeners that move from task to task: each sees every message once, in one order.
TEST(ChatBrokerTest, MovingClientsLoseAndDoubleNothing) {
  constexpr int kEach = 150;
  Tasks tasks(2);
  Client first = Join(tasks[0], "?room=r&since=");
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> seen(3);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] {
      std::string position = "1-0";
      std::size_t joins = i;
      while (seen[i].size() < 2 * kEach) {
        Client client = Join(tasks[joins++ % 2], "?room=r&since=" + position);
        // A task that is behind tells again what another has told: a client knows it by its id.
        ASSERT_TRUE(client.id.size() == 36);
        for (int left = 25; seen[i].size() < 2 * kEach && (left > 0 || joins > 15); --left) {
          const std::string payload = client.Hear();
          ASSERT_NE(payload, "nothing came");
          const std::string id = JsonMember(payload, "messageId");
          if (std::find(seen[i].begin(), seen[i].end(), id) != seen[i].end()) continue;
          position = JsonMember(payload, "position");
          seen[i].push_back(id);
        }
      }
    });
  }
  for (std::size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      Client client = Join(tasks[i], i == 0 ? "?room=r" : "?room=r&since=");
      for (int n = 0; n < kEach; ++n) {
        client.Say(std::to_string(n));
        while (JsonMember(client.Hear(), "type") != "echo") {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> published;
  for (const RoomMessage& message : tasks.cluster.Messages("r")) published.push_back(message.id);
  for (const std::vector<std::string>& ids : seen) EXPECT_TRUE(ids == published);
}

}  // namespace
}  // namespace viaduct
