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

#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

std::string Positioned(const std::string& type, const std::string& from, const std::string& message,
                       const std::string& position) {
  return R"({"type":")" + type + R"(","from":")" + from + R"(","message":")" + message + R"(","position":")" +
         position + R"(","messageId":")" + position + R"("})";
}

// Returns a replayed message without the time at which it was sent, which it must have.
std::string WithoutTime(std::string payload) {
  const std::size_t time = payload.find(",\"time\":1");  // until 2033
  EXPECT_NE(time, std::string::npos) << payload;
  return payload.substr(0, time) + "}";
}

std::string Welcome(const ChatClient& client, int count, const std::string& room, const std::string& resume,
                    const std::string& position, int replayed = 0) {
  return R"({"type":"welcome","id":")" + client.id + R"(","clientCount":)" + std::to_string(count) + R"(,"room":")" +
         room + R"(","resume":")" + resume + R"(","position":")" + position + R"(","maxMessageBytes":1048576)" +
         (replayed == 0 ? "" : R"(,"replayed":)" + std::to_string(replayed)) + "}";
}

TEST(ChatResumeTest, ADisconnectedClientGetsWhatItMissed) {
  RunningChat running;
  ChatClient a = JoinRoom(&running, "?room=r&since=");
  const std::string start = JsonMember(a.welcome, "position");
  const std::string epoch = start.substr(0, start.find('-'));
  EXPECT_EQ(a.welcome, Welcome(a, 1, "r", "new", epoch + "-0"));
  ChatClient b = JoinRoom(&running, "?room=r&since=");
  b.Say("one");
  EXPECT_EQ(b.HearMessage(), Positioned("echo", b.id, "one", epoch + "-1"));
  EXPECT_EQ(a.HearMessage(), Positioned("broadcast", b.id, "one", epoch + "-1"));
  a.peer->Abort();
  ASSERT_EQ(running.LogLines("ws closed").size(), 1u);
  b.Say("two");
  EXPECT_EQ(b.HearMessage(), Positioned("echo", b.id, "two", epoch + "-2"));

  ChatClient again = JoinRoom(&running, "?room=r&since=" + epoch + "-1");
  EXPECT_EQ(again.welcome, Welcome(again, 2, "r", "complete", epoch + "-1", 1));
  EXPECT_EQ(WithoutTime(again.HearMessage()), Positioned("broadcast", b.id, "two", epoch + "-2"));
  again.Say("three");
  EXPECT_EQ(again.HearMessage(), Positioned("echo", again.id, "three", epoch + "-3"));
}

TEST(ChatResumeTest, ARoomKeepsItsHistoryWhileNobodyIsThere) {
  RunningChat running;
  ChatClient a = JoinRoom(&running, "?since=");
  const std::string start = JsonMember(a.welcome, "position");
  a.Say("before");
  const std::string echo = a.HearMessage();
  a.peer->Abort();
  ASSERT_EQ(running.LogLines("ws closed").size(), 1u);
  ChatClient again = JoinRoom(&running, "?since=" + start);
  EXPECT_EQ(again.welcome, Welcome(again, 1, "", "complete", start, 1));
  EXPECT_EQ(WithoutTime(again.HearMessage()), Positioned("broadcast", a.id, "before", JsonMember(echo, "position")));
}

TEST(ChatResumeTest, APlainClientInTheSameRoomSeesThePlainBytes) {
  OriginConfig config = RunningChat::Config();
  config.workers = 1;  // so that all three share one
  RunningChat running(config);
  ChatClient plain = JoinRoom(&running, "?room=r");
  ChatClient resuming = JoinRoom(&running, "?room=r&since=");
  ChatClient other = JoinRoom(&running, "?room=r");
  EXPECT_EQ(other.welcome, R"({"type":"welcome","id":")" + other.id + R"(","clientCount":3})");
  resuming.Say("hi");
  const std::string said = R"(","from":")" + resuming.id + R"(","message":"hi"})";
  EXPECT_EQ(ReadPayload(plain.peer.get()), R"({"type":"broadcast)" + said);
  EXPECT_EQ(ReadPayload(other.peer.get()), R"({"type":"broadcast)" + said);
  plain.Say("ho");
  EXPECT_EQ(ReadPayload(plain.peer.get()), R"({"type":"echo","from":")" + plain.id + R"(","message":"ho"})");
  EXPECT_EQ(JsonMember(resuming.HearMessage(), "type"), "echo");
  const std::string heard = resuming.HearMessage();
  EXPECT_EQ(heard, Positioned("broadcast", plain.id, "ho", JsonMember(heard, "position")));
}

TEST(ChatResumeTest, AnOperatorsTextIsANoticeAndNotInTheHistory) {
  RunningChat running;
  ChatClient a = JoinRoom(&running, "?since=");
  ChatControl& control = running.chat().control();
  EXPECT_EQ(*control.Broadcast(std::nullopt, ChatControl::Payload::kText, "a \"b\"", "Ops"), 1);
  EXPECT_EQ(a.HearMessage(), R"({"type":"notice","from":"Ops","message":"a \"b\""})");
  EXPECT_EQ(*control.Broadcast(std::nullopt, ChatControl::Payload::kText, "{}", ""), 1);
  EXPECT_EQ(a.HearMessage(), R"({"type":"notice","message":"{}"})");
  a.Say("mine");
  EXPECT_EQ(JsonMember(a.HearMessage(), "message"), "mine");
  ChatClient b = JoinRoom(&running, "?since=" + JsonMember(a.welcome, "position"));
  EXPECT_EQ(JsonMember(b.HearMessage(), "message"), "mine");
}

TEST(ChatResumeTest, WhatIsNotKeptIsAGap) {
  OriginConfig config = RunningChat::Config();
  config.history.max_messages = 2;
  RunningChat running(config);
  ChatClient a = JoinRoom(&running, "?since=");
  const std::string start = JsonMember(a.welcome, "position");
  const std::string epoch = start.substr(0, start.find('-'));
  for (const char* text : {"one", "two", "three"}) {
    a.Say(text);
    EXPECT_EQ(JsonMember(a.HearMessage(), "message"), text);
  }
  ChatClient late = JoinRoom(&running, "?since=" + start);
  EXPECT_EQ(late.welcome, Welcome(late, 2, "", "gap", epoch + "-1", 2));
  EXPECT_EQ(JsonMember(late.HearMessage(), "message"), "two");
  EXPECT_EQ(JsonMember(late.HearMessage(), "message"), "three");
  ChatClient elsewhere = JoinRoom(&running, "?since=1700000000000-0");
  EXPECT_EQ(elsewhere.welcome, Welcome(elsewhere, 3, "", "gap", epoch + "-1", 2));
}

TEST(ChatResumeTest, PresenceIsToldToThoseWhoCanResume) {
  RunningChat running;
  ChatClient a = JoinRoom(&running, "?room=r&since=");
  ChatClient b = JoinRoom(&running, "?room=r");
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
    ChatClient client = JoinRoom(running, "?room=r&since=" + position);
    if (position.empty()) {
      position = JsonMember(client.welcome, "position");
      ++*ready;
    } else {
      ASSERT_EQ(JsonMember(client.welcome, "resume"), "complete") << client.welcome;
      ASSERT_EQ(JsonMember(client.welcome, "position"), position);
    }
    for (int left = static_cast<int>(random() % 60); seen < count && (left > 0 || cuts > 30); --left) {
      const std::string payload = client.HearMessage();
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
      // One of them is a client of the plain protocol, and all read their messages.
      ChatClient client = JoinRoom(&running, i == 0 ? "?room=r" : "?room=r&since=");
      for (int n = 0; n < kEach; ++n) {
        client.Say(std::to_string(i) + ":" + std::to_string(n));
        while (JsonMember(client.HearMessage(), "type") != "echo") {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ChatResumeTest, ANewClientGetsTheLastMessages) {
  RunningChat running;
  ChatClient a = JoinRoom(&running, "?since=");
  const std::string start = JsonMember(a.welcome, "position");
  const std::string epoch = start.substr(0, start.find('-'));
  for (const char* text : {"one", "two", "three"}) {
    a.Say(text);
    a.HearMessage();
  }
  ChatClient b = JoinRoom(&running, "?since=last-2");
  EXPECT_EQ(b.welcome, Welcome(b, 2, "", "new", epoch + "-1", 2));
  EXPECT_EQ(WithoutTime(b.HearMessage()), Positioned("broadcast", a.id, "two", epoch + "-2"));
  EXPECT_EQ(WithoutTime(b.HearMessage()), Positioned("broadcast", a.id, "three", epoch + "-3"));
  ChatClient c = JoinRoom(&running, "?since=last-99");
  EXPECT_EQ(c.welcome, Welcome(c, 3, "", "new", epoch + "-0", 3));
}

TEST(ChatResumeTest, NamesTravelWithMessagesAndPresenceButNotInThePlainProtocol) {
  RunningChat running;
  ChatClient plain = JoinRoom(&running, "?name=ignored");
  ChatClient ada = JoinRoom(&running, "?since=&name=Ada");
  EXPECT_NE(ada.welcome.find(R"(,"people":[{"id":")" + ada.id + R"(","name":"Ada"}]})"), std::string::npos)
      << ada.welcome;
  ChatClient bob = JoinRoom(&running, "?since=&name=B%22ob");
  bob.Say("hi");
  EXPECT_EQ(plain.HearMessage(), R"({"type":"broadcast","from":")" + bob.id + R"(","message":"hi"})");
  const std::string said = R"({"type":"broadcast","from":")" + bob.id + R"(","name":"B\"ob","message":"hi",)";
  EXPECT_EQ(ada.HearMessage().substr(0, said.size()), said);
  plain.Say("hello");
  EXPECT_EQ(plain.HearMessage(), R"({"type":"echo","from":")" + plain.id + R"(","message":"hello"})");
  // What was said stays said under the name, whoever has left.
  bob.peer->Abort();
  ASSERT_EQ(running.LogLines("ws closed").size(), 1u);
  ChatClient late = JoinRoom(&running, "?since=last-9");
  EXPECT_EQ(late.welcome.find("B\\\"ob"), std::string::npos) << late.welcome;
  EXPECT_EQ(late.HearMessage().substr(0, said.size()), said);
}

TEST(ChatResumeTest, PresenceTellsWhoIsHere) {
  RunningChat running;
  ChatClient a = JoinRoom(&running, "?since=");
  ChatClient ada = JoinRoom(&running, "?since=&name=Ada");
  const std::string people = R"(,"people":[{"id":")" + ada.id + R"(","name":"Ada"}])";
  EXPECT_EQ(ReadPayload(a.peer.get()), R"({"type":"presence","clientCount":2)" + people + "}");
  ada.peer->Abort();
  EXPECT_EQ(ReadPayload(a.peer.get()), R"({"type":"presence","clientCount":1})");
}

}  // namespace
}  // namespace viaduct::origin
