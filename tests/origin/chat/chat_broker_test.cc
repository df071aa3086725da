// Chats that share rooms through a broker.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/origin/chat/fake_broker.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

// Sends the handshake of a client whose welcome does not come yet.
ChatClient Begin(RunningChat* running, const std::string& query) {
  ChatClient client{.peer = std::make_unique<RawPeer>(running->address()), .welcome = "", .id = ""};
  EXPECT_TRUE(client.peer->Send(Handshake("/websocket" + query)));
  EXPECT_EQ(client.peer->ReadUntil("\r\n\r\n").substr(0, 12), "HTTP/1.1 101");
  return client;
}

void Welcomed(ChatClient* client) {
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
  ChatClient a = JoinRoom(tasks[0], "?room=r");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.Clients("r") == 1; }));
  ChatClient b = JoinRoom(tasks[1], "?room=r");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.Clients("r") == 2; }));
  ChatClient other = JoinRoom(tasks[1], "?room=other");
  a.Say("h\"i");
  EXPECT_EQ(a.HearMessage(), R"({"type":"echo","from":")" + a.id + R"(","message":"h\"i"})");
  EXPECT_EQ(b.HearMessage(), R"({"type":"broadcast","from":")" + a.id + R"(","message":"h\"i"})");
  ASSERT_TRUE(b.peer->Send(Bytes({.first_byte = 0x82, .payload = "x\xff"})));
  EXPECT_EQ(b.HearMessage(), R"({"type":"echo","from":")" + b.id + "\",\"message\":\"x\ufffd\"}");
  EXPECT_EQ(a.HearMessage(), R"({"type":"broadcast","from":")" + b.id + "\",\"message\":\"x\ufffd\"}");
  other.Say("apart");
  EXPECT_EQ(JsonMember(other.HearMessage(), "message"), "apart");
  b.peer->Abort();
  EXPECT_TRUE(Eventually([&] { return tasks.cluster.Clients("r") == 1; }));
}

TEST(ChatBrokerTest, CountsAndPresenceAreOfAllTasks) {
  Tasks tasks(2);
  ChatClient a = JoinRoom(tasks[0], "?room=r&since=");
  ChatClient b = JoinRoom(tasks[1], "?room=r");
  EXPECT_EQ(ReadPayload(a.peer.get()), R"({"type":"presence","clientCount":2})");
  ChatClient c = JoinRoom(tasks[0], "?room=r");
  EXPECT_EQ(JsonMember(c.welcome, "clientCount"), "3");
  ChatClient alone = JoinRoom(tasks[0], "?room=alone");
  EXPECT_EQ(JsonMember(alone.welcome, "clientCount"), "1");
}

TEST(ChatBrokerTest, AClientResumesOnAnotherTask) {
  Tasks tasks(2);
  ChatClient a = JoinRoom(tasks[0], "?since=");
  EXPECT_EQ(JsonMember(a.welcome, "resume"), "new");
  EXPECT_EQ(JsonMember(a.welcome, "position"), "1-0");
  ChatClient b = JoinRoom(tasks[0], "?since=");
  b.Say("one");
  const std::string echo = b.HearMessage();
  EXPECT_EQ(JsonMember(echo, "position"), "1-1");
  EXPECT_EQ(JsonMember(echo, "type"), "echo");
  const std::string id = JsonMember(echo, "messageId");
  EXPECT_NE(id.find('-'), std::string::npos);
  const std::string heard = a.HearMessage();
  EXPECT_EQ(heard, R"({"type":"broadcast","from":")" + b.id + R"(","message":"one","position":"1-1","messageId":")" +
                       id + "\"}");
  b.Say("two");
  b.HearMessage();

  ChatClient again = JoinRoom(tasks[1], "?since=1-1");
  EXPECT_EQ(JsonMember(again.welcome, "resume"), "complete");
  EXPECT_EQ(JsonMember(again.HearMessage(), "message"), "two");
  tasks.cluster.set_kept(1);
  ChatClient late = JoinRoom(tasks[1], "?since=1-0");
  EXPECT_EQ(JsonMember(late.welcome, "resume"), "gap");
  EXPECT_EQ(JsonMember(late.welcome, "position"), "1-1");
  EXPECT_EQ(JsonMember(late.HearMessage(), "message"), "two");
}

TEST(ChatBrokerTest, WhatComesWhileTheHistoryIsReadIsToldOnce) {
  Tasks tasks(1);
  ChatClient b = JoinRoom(tasks[0], "");
  b.Say("one");
  b.HearMessage();
  tasks.cluster.HoldAnswers(true);
  ChatClient a = Begin(tasks[0], "?since=1-0");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  b.Say("two");
  b.HearMessage();
  a.Say("mine");
  EXPECT_EQ(JsonMember(b.HearMessage(), "message"), "mine");
  tasks.cluster.HoldAnswers(false);
  Welcomed(&a);
  EXPECT_EQ(JsonMember(a.welcome, "resume"), "complete");
  for (const char* text : {"one", "two", "mine"}) EXPECT_EQ(JsonMember(a.HearMessage(), "message"), text);
  b.Say("four");
  EXPECT_EQ(JsonMember(a.HearMessage(), "position"), "1-4");
}

TEST(ChatBrokerTest, AWelcomeMeansThatTheRoomIsHeard) {
  Tasks tasks(2);
  ChatClient b = JoinRoom(tasks[1], "?room=r");
  tasks.cluster.HoldAnswers(true);
  ChatClient a = Begin(tasks[0], "?room=r");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  ChatClient second = Begin(tasks[0], "?room=r");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 2; }));
  a.Say("early");
  EXPECT_EQ(JsonMember(b.HearMessage(), "message"), "early");
  tasks.cluster.HoldAnswers(false);
  for (ChatClient* client : {&a, &second}) {
    Welcomed(client);
    EXPECT_EQ(client->welcome, R"({"type":"welcome","id":")" + client->id + R"(","clientCount":3})");
  }
  EXPECT_EQ(a.HearMessage(), R"({"type":"echo","from":")" + a.id + R"(","message":"early"})");
  EXPECT_EQ(second.HearMessage(), R"({"type":"broadcast","from":")" + a.id + R"(","message":"early"})");
  b.Say("then");
  for (ChatClient* client : {&a, &second}) EXPECT_EQ(JsonMember(client->HearMessage(), "message"), "then");

  // Once the broker listens, it is not asked again until all clients have left.
  tasks.cluster.HoldAnswers(true);
  {
    ChatClient third = JoinRoom(tasks[0], "?room=r");
  }
  a.peer->Abort();
  second.peer->Abort();
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.Clients("r") == 1; }));
  ChatClient fourth = Begin(tasks[0], "?room=r");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  tasks.cluster.HoldAnswers(false);
  Welcomed(&fourth);
}

TEST(ChatBrokerTest, WithoutAnAnswerAClientIsWelcomedAllTheSame) {
  Tasks tasks(1);
  tasks.cluster.set_failing(true);
  ChatClient a = JoinRoom(tasks[0], "");
  a.Say("on");
  EXPECT_EQ(JsonMember(a.HearMessage(), "type"), "echo");
}

TEST(ChatBrokerTest, AClientThatLeavesWhileTheHistoryIsReadIsForgotten) {
  Tasks tasks(1);
  tasks.cluster.HoldAnswers(true);
  ChatClient a = Begin(tasks[0], "?room=r&since=1-0");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  a.peer->Abort();
  ASSERT_EQ(tasks[0]->LogLines("ws closed").size(), 1u);
  tasks.cluster.HoldAnswers(false);
  ChatClient b = JoinRoom(tasks[0], "?room=r&since=");
  b.Say("still here");
  EXPECT_EQ(JsonMember(b.HearMessage(), "type"), "echo");
}

TEST(ChatBrokerTest, WithoutAnAnswerAGapIsToldAndFilledLater) {
  Tasks tasks(1);
  ChatClient b = JoinRoom(tasks[0], "");
  b.Say("missed");
  b.HearMessage();
  tasks.cluster.set_failing(true);
  ChatClient a = JoinRoom(tasks[0], "?since=1-0");
  EXPECT_EQ(a.welcome, R"({"type":"welcome","id":")" + a.id +
                           R"(","clientCount":2,"room":"","resume":"gap","maxMessageBytes":1048576})");
  b.Say("live");
  b.HearMessage();
  a.Say("mine");
  EXPECT_EQ(JsonMember(b.HearMessage(), "message"), "mine");
  tasks.cluster.set_failing(false);
  for (const char* text : {"missed", "live", "mine"}) {
    const std::string heard = a.HearMessage();
    EXPECT_EQ(JsonMember(heard, "message"), text);
    EXPECT_NE(JsonMember(heard, "position"), "");
    EXPECT_EQ(JsonMember(heard, "type"), text == std::string("mine") ? "echo" : "broadcast");
  }
  b.Say("on");
  EXPECT_EQ(JsonMember(a.HearMessage(), "position"), "1-4");
}

TEST(ChatBrokerTest, ALongHistoryComesPageByPage) {
  Tasks tasks(1);
  tasks.cluster.set_page(2);
  ChatClient b = JoinRoom(tasks[0], "");
  for (int i = 1; i <= 7; ++i) {
    b.Say(std::to_string(i));
    b.HearMessage();
  }
  ChatClient a = JoinRoom(tasks[0], "?since=1-1");
  EXPECT_EQ(JsonMember(a.welcome, "resume"), "complete");
  b.Say("8");
  for (int i = 2; i <= 8; ++i) EXPECT_EQ(JsonMember(a.HearMessage(), "message"), std::to_string(i));
  a.Say("9");
  EXPECT_EQ(JsonMember(a.HearMessage(), "type"), "echo");
}

TEST(ChatBrokerTest, WhoseHistoryGoesWhileItIsReadMustComeBack) {
  Tasks tasks(1);
  tasks.cluster.set_page(2);
  ChatClient b = JoinRoom(tasks[0], "");
  for (int i = 1; i <= 7; ++i) {
    b.Say(std::to_string(i));
    b.HearMessage();
  }
  tasks.cluster.HoldAnswers(true);
  ChatClient a = Begin(tasks[0], "?since=1-1");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  tasks.cluster.ReleaseOneAnswer();
  Welcomed(&a);
  EXPECT_EQ(JsonMember(a.welcome, "resume"), "complete");
  EXPECT_EQ(JsonMember(a.HearMessage(), "message"), "2");
  EXPECT_EQ(JsonMember(a.HearMessage(), "message"), "3");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  tasks.cluster.set_kept(1);
  tasks.cluster.HoldAnswers(false);
  EXPECT_EQ(a.peer->Read(4), std::string("\x88\x14\x03\xf5", 4));  // 1013
}

TEST(ChatBrokerTest, TooMuchWhileTheHistoryIsReadIsReadFromThere) {
  OriginConfig config = RunningChat::Config();
  config.max_outbound_bytes = 64 << 10;
  config.max_message_bytes = 16 << 10;
  Tasks tasks(1, config);
  ChatClient b = JoinRoom(tasks[0], "");
  tasks.cluster.HoldAnswers(true);
  ChatClient a = Begin(tasks[0], "?since=1-0");
  ASSERT_TRUE(Eventually([&] { return tasks.cluster.waiting_answers() == 1; }));
  for (int i = 0; i < 8; ++i) {
    b.Say(std::string(10 << 10, 'x'));
    b.HearMessage();
  }
  tasks.cluster.HoldAnswers(false);
  Welcomed(&a);
  EXPECT_EQ(JsonMember(a.welcome, "resume"), "complete");
  b.Say("last");
  std::string heard;
  for (int number = 1; number <= 9; ++number) {
    heard = a.HearMessage();
    EXPECT_EQ(JsonMember(heard, "position"), "1-" + std::to_string(number));
  }
  EXPECT_EQ(JsonMember(heard, "message"), "last");
}

TEST(ChatBrokerTest, NothingIsReadWhileTheBrokerIsCongested) {
  Tasks tasks(1);
  ChatClient a = JoinRoom(tasks[0], "");
  tasks.cluster.SetCongested(true);
  a.Say("one");  // whoever publishes sees that it should pause
  EXPECT_EQ(JsonMember(a.HearMessage(), "message"), "one");
  a.Say("two");
  ASSERT_TRUE(a.peer->WaitUntilDelivered());
  ChatClient b = JoinRoom(tasks[0], "");  // time for the other to have been read
  EXPECT_EQ(tasks.cluster.Messages("").size(), 1u);
  tasks.cluster.SetCongested(false);
  EXPECT_EQ(JsonMember(a.HearMessage(), "message"), "two");
}

// Senders on all tasks, listeners that move from task to task: each sees every message once, in one order.
TEST(ChatBrokerTest, MovingClientsLoseAndDoubleNothing) {
  constexpr int kEach = 150;
  Tasks tasks(2);
  ChatClient first = JoinRoom(tasks[0], "?room=r&since=");
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> seen(3);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] {
      std::string position = "1-0";
      std::size_t joins = i;
      while (seen[i].size() < 2 * kEach) {
        ChatClient client = JoinRoom(tasks[joins++ % 2], "?room=r&since=" + position);
        // A task that is behind repeats messages of another: a client recognizes them by their ids.
        ASSERT_TRUE(client.id.size() == 36);
        for (int left = 25; seen[i].size() < 2 * kEach && (left > 0 || joins > 15); --left) {
          const std::string payload = client.HearMessage();
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
      ChatClient client = JoinRoom(tasks[i], i == 0 ? "?room=r" : "?room=r&since=");
      for (int n = 0; n < kEach; ++n) {
        client.Say(std::to_string(n));
        while (JsonMember(client.HearMessage(), "type") != "echo") {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> published;
  for (const RoomMessage& message : tasks.cluster.Messages("r")) published.push_back(message.id);
  for (const std::vector<std::string>& ids : seen) EXPECT_TRUE(ids == published);
}

TEST(ChatBrokerTest, NamesAndTheLastMessagesAreOfAllTasks) {
  Tasks tasks(2);
  ChatClient ada = JoinRoom(tasks[0], "?room=r&since=&name=Ada");
  ChatClient b = JoinRoom(tasks[1], "?room=r&since=");
  ada.Say("one");
  const std::string said = R"({"type":"broadcast","from":")" + ada.id + R"(","name":"Ada","message":"one",)";
  EXPECT_EQ(b.HearMessage().substr(0, said.size()), said);
  ChatClient late = JoinRoom(tasks[1], "?room=r&since=last-5");
  EXPECT_NE(late.welcome.find(R"("resume":"new","position":"1-0","maxMessageBytes":1048576,"replayed":1,"people":)"),
            std::string::npos)
      << late.welcome;
  EXPECT_NE(late.welcome.find(R"("people":[{"id":")" + ada.id + R"(","name":"Ada"}])"), std::string::npos)
      << late.welcome;
  EXPECT_EQ(late.HearMessage().substr(0, said.size()), said);
}

TEST(ChatBrokerTest, TheLastMessagesComeInSeveralAnswers) {
  Tasks tasks(1);
  tasks.cluster.set_page(2);
  ChatClient b = JoinRoom(tasks[0], "?since=");
  for (int i = 1; i <= 6; ++i) {
    b.Say(std::to_string(i));
    b.HearMessage();
  }
  ChatClient a = JoinRoom(tasks[0], "?since=last-5");
  EXPECT_NE(a.welcome.find(R"("resume":"new","position":"1-1")"), std::string::npos) << a.welcome;
  EXPECT_NE(a.welcome.find(R"("replayed":2,"more":true})"), std::string::npos) << a.welcome;
  for (int i = 2; i <= 6; ++i) EXPECT_EQ(JsonMember(a.HearMessage(), "message"), std::to_string(i));
  b.Say("live");
  EXPECT_EQ(JsonMember(a.HearMessage(), "message"), "live");
}

}  // namespace
}  // namespace viaduct::origin
