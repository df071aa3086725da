// Brokers on one real Redis without faults.
#include "origin/broker/redis/redis_broker.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/origin/broker/redis/broker_fixture.h"
#include "tests/origin/broker/redis/client/redis_server.h"

namespace viaduct::origin {
namespace {

using Kind = Broker::History::Kind;
using Texts = std::vector<std::string>;

TEST(RedisBrokerTest, AMessageReachesAllTasksTheSendersToo) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  TestBroker b("b", server.Endpoint());
  a.Join("");
  b.Join("");
  const std::string text("caf\xc3\xa9 \0 \r\n", 10);
  a.Say("", text);
  for (TestBroker* broker : {&a, &b}) {
    ASSERT_TRUE(broker->Await("", 1));
    const RoomMessage message = broker->Messages("").front();
    EXPECT_EQ(message.text, text);
    EXPECT_EQ(message.sender, a.client);
    EXPECT_EQ(message.id, "a-1");
    EXPECT_EQ(message.room, "");
    EXPECT_FALSE(message.position.empty());
  }
  EXPECT_EQ(a.Messages("").front().position, b.Messages("").front().position);
  EXPECT_FALSE(a->degraded());
}

TEST(RedisBrokerTest, RoomsAreApart) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  TestBroker b("b", server.Endpoint());
  a.Join("red");
  a.Join("blue");
  b.Join("red");
  a.Say("blue", "1");
  a.Say("red", "2");
  a.Say("", "3");
  ASSERT_TRUE(a.Await("red", 1));
  ASSERT_TRUE(a.Await("blue", 1));
  ASSERT_TRUE(b.Await("red", 1));
  EXPECT_EQ(a.Texts("red"), Texts{"2"});
  EXPECT_EQ(b.Texts("red"), Texts{"2"});
  EXPECT_EQ(b.Texts("blue"), Texts());
}

TEST(RedisBrokerTest, WhatIsSentWithTheFirstClientIsNotMissed) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  a.Join("warm");
  for (int i = 0; i < 50; ++i) {
    const std::string room = absl::StrCat("room", i);
    a->SetPresence(room, 1, {});
    a.Say(room, "at once");
    ASSERT_TRUE(a.Await(room, 1)) << room;
    a->SetPresence(room, 0, {});
  }
  EXPECT_EQ(a->counters().delivered_degraded.value(), 0u);
}

TEST(RedisBrokerTest, AllTasksSeeOneOrderAndEachSendersOwn) {
  constexpr int kEach = 2000;
  const RedisServer server;
  TestBroker a("a", server.Endpoint(), {.command_timeout = std::chrono::seconds(10)});
  TestBroker b("b", server.Endpoint(), {.command_timeout = std::chrono::seconds(10)});
  a.Join("r");
  b.Join("r");
  std::thread other([&b] {
    for (int i = 0; i < kEach; ++i) b.Say("r", absl::StrCat("b", i));
  });
  for (int i = 0; i < kEach; ++i) a.Say("r", absl::StrCat("a", i));
  other.join();
  ASSERT_TRUE(a.Await("r", 2 * kEach));
  ASSERT_TRUE(b.Await("r", 2 * kEach));
  EXPECT_EQ(a.Texts("r"), b.Texts("r"));
  int next_a = 0;
  int next_b = 0;
  for (const std::string& text : a.Texts("r")) {
    int& next = text[0] == 'a' ? next_a : next_b;
    EXPECT_EQ(text.substr(1), std::to_string(next++));
  }
}

TEST(RedisBrokerTest, TellsHowManyClientsAreElsewhere) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  a.Join("r");
  {
    TestBroker b("b", server.Endpoint());
    b->SetPresence("r", 3, {});
    EXPECT_TRUE(Eventually([&] { return a.Elsewhere("r") == 3 && b.Elsewhere("r") == 1; }));
    b->SetPresence("r", 5, {});
    EXPECT_TRUE(Eventually([&] { return a.Elsewhere("r") == 5; }));
    a->SetPresence("r", 2, {});
    EXPECT_TRUE(Eventually([&] { return b.Elsewhere("r") == 2; }));
    b->SetPresence("r", 0, {});
    EXPECT_TRUE(Eventually([&] { return a.Elsewhere("r") == 0; }));
    b->SetPresence("r", 4, {});
    EXPECT_TRUE(Eventually([&] { return a.Elsewhere("r") == 4; }));
  }
  // It went in order, so nothing had to expire.
  EXPECT_TRUE(Eventually([&] { return a.Elsewhere("r") == 0; }));
}

TEST(RedisBrokerTest, HistoryIsWhatCameAfterAPosition) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  a.Join("r");
  EXPECT_EQ(a.History("r", "")->position, "0-0");
  for (int i = 0; i < 10; ++i) a.Say("r", std::to_string(i));
  ASSERT_TRUE(a.Await("r", 10));
  const std::vector<RoomMessage> all = a.Messages("r");

  TestBroker b("b", server.Endpoint());
  b->SetPresence("r", 1, {});
  const auto rest = b.History("r", all[6].position);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->kind, Kind::kComplete);
  EXPECT_EQ(rest->position, all[6].position);
  ASSERT_EQ(rest->messages.size(), 3u);
  EXPECT_EQ(rest->messages[0].text, "7");
  EXPECT_EQ(rest->messages[2].position, all[9].position);
  EXPECT_EQ(rest->messages[2].id, all[9].id);

  const auto nothing = b.History("r", all[9].position);
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->kind, Kind::kComplete);
  EXPECT_TRUE(nothing->messages.empty());
  EXPECT_EQ(nothing->position, all[9].position);

  // From the very beginning is complete too, and a position of another history is a gap.
  EXPECT_EQ(b.History("r", "0-0")->kind, Kind::kComplete);
  EXPECT_EQ(b.History("r", "0-0")->messages.size(), 10u);
  for (const std::string other : {"Ab3x-17", "1-1", "99999999999999-0", "x"}) {
    const auto gap = b.History("r", other);
    ASSERT_TRUE(gap.ok()) << gap.status();
    EXPECT_EQ(gap->kind, Kind::kGap) << other;
    EXPECT_EQ(gap->messages.size(), other[0] == '9' ? 0u : 10u) << other;
  }
}

TEST(RedisBrokerTest, HistoryThatIsTooLongIsCutAtItsBeginning) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint(), {.history_messages = 5000});
  TestBroker few("few", server.Endpoint(), {.history_messages = 400});
  a.Join("r");
  few.Join("r");
  for (int i = 0; i < 1000; ++i) a.Say("r", absl::StrCat(1000 + i));
  ASSERT_TRUE(a.Await("r", 1000));
  ASSERT_TRUE(few.Await("r", 1000));
  const std::string first = a.Messages("r").front().position;

  EXPECT_EQ(a.History("r", first)->kind, Kind::kComplete);
  EXPECT_EQ(a.History("r", first)->messages.size(), 999u);

  const auto cut = few.History("r", first);
  EXPECT_EQ(cut->kind, Kind::kGap);
  ASSERT_EQ(cut->messages.size(), 400u);
  EXPECT_EQ(cut->messages.back().text, "1999");
  EXPECT_EQ(cut->position, a.Messages("r")[599].position);

  TestBroker none("none", server.Endpoint(), {.history_messages = 0});
  none.Join("r");
  EXPECT_EQ(none.History("r", first)->kind, Kind::kGap);
  EXPECT_EQ(none.History("r", first)->messages.size(), 0u);
  EXPECT_EQ(none.History("r", a.Messages("r").back().position)->kind, Kind::kComplete);
}

TEST(RedisBrokerTest, HistoryComesInAnswersOfBoundedSize) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  a.Join("r");
  const std::string text(200 * 1024, 'x');
  for (int i = 0; i < 10; ++i) a.Say("r", text);
  ASSERT_TRUE(a.Await("r", 10));
  std::size_t pages = 0;
  std::size_t messages = 0;
  std::string since = "0-0";
  for (bool more = true; more; ++pages) {
    const auto page = a.HistoryPage("r", since);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->kind, Kind::kComplete);
    EXPECT_EQ(page->position, since);
    EXPECT_LE(page->messages.size(), 2u);
    ASSERT_FALSE(page->messages.empty());
    messages += page->messages.size();
    since = page->messages.back().position;
    more = page->more;
  }
  EXPECT_EQ(messages, 10u);
  EXPECT_EQ(pages, 5u);
  // The last ones, whether they are fewer than the others or not.
  for (const std::size_t newest : {3u, 5u}) {
    const std::string asked = absl::StrCat("last-", newest);
    const auto page = a.HistoryPage("r", asked);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->kind, Kind::kComplete);
    EXPECT_TRUE(page->more);
    EXPECT_EQ(page->position, a.Messages("r")[9 - newest].position);
    EXPECT_EQ(a.History("r", asked)->messages.size(), newest);
  }
}

TEST(RedisBrokerTest, AStreamThatExpiredLeavesItsEnd) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  a.Join("r");
  a.Say("r", "one");
  a.Say("r", "two");
  ASSERT_TRUE(a.Await("r", 2));
  const std::string first = a.Messages("r")[0].position;
  const std::string last = a.Messages("r")[1].position;
  server.Ask({"DEL", "viaduct:{room:r}:messages"});
  TestBroker b("b", server.Endpoint());
  b.Join("r");
  EXPECT_EQ(b.History("r", last)->kind, Kind::kComplete);
  EXPECT_EQ(b.History("r", first)->kind, Kind::kGap);
  // The room continues, even if the clock was set back meanwhile.
  const std::string end = "99999999999999-7";
  server.Ask({"DEL", "viaduct:{room:r}:messages"});
  server.Ask({"SET", "viaduct:{room:r}:end", end});
  TestBroker c("c", server.Endpoint());
  c.Join("r");
  c.Say("r", "three");
  ASSERT_TRUE(c.Await("r", 1));
  EXPECT_EQ(c.Messages("r")[0].position, "99999999999999-8");
  const auto rest = c.History("r", end);
  EXPECT_EQ(rest->kind, Kind::kComplete);
  EXPECT_EQ(rest->messages.size(), 1u);
}

TEST(RedisBrokerTest, APositionBehindWhichRedisReadsNothingIsAGap) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  a.Join("r");
  EXPECT_EQ(a.History("r", "18446744073709551615-18446744073709551615")->kind, Kind::kGap);
  EXPECT_EQ(a->counters().troubles.value(), 0u);
}

TEST(RedisBrokerTest, DatabasesAreApart) {
  const RedisServer server;
  RedisEndpoint first = server.Endpoint();
  RedisEndpoint second = server.Endpoint();
  first.database = 1;
  second.database = 2;
  TestBroker a("a", first);
  TestBroker b("b", second);
  a.Join("r");
  b.Join("r");
  a.Say("r", "one");
  ASSERT_TRUE(a.Await("r", 1));
  b.Say("r", "two");
  ASSERT_TRUE(b.Await("r", 1));
  EXPECT_EQ(b.Texts("r"), Texts{"two"});
  EXPECT_EQ(b->counters().gaps.value(), 0u);
}

TEST(RedisBrokerTest, TrimmedHistoryIsAGap) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint(), {.history_messages = 100});
  a.Join("r");
  for (int i = 0; i < 1000; ++i) a.Say("r", std::to_string(i));
  ASSERT_TRUE(a.Await("r", 1000));
  const auto history = a.History("r", a.Messages("r").front().position);
  EXPECT_EQ(history->kind, Kind::kGap);
  EXPECT_GE(history->messages.size(), 100u);
  EXPECT_LT(history->messages.size(), 400u);  // Redis drops whole nodes of the stream
  EXPECT_EQ(history->messages.back().text, "999");

  // If nothing is kept, the broker either knows that there was something, or does not.
  const std::string last = a.Messages("r").back().position;
  server.Ask({"XTRIM", "viaduct:{room:r}:messages", "MAXLEN", "0"});
  EXPECT_EQ(a.History("r", last)->kind, Kind::kComplete);
  EXPECT_EQ(a.History("r", "5-5")->kind, Kind::kGap);
  server.Ask({"FLUSHALL"});
  EXPECT_EQ(a.History("r", last)->kind, Kind::kGap);
}

TEST(RedisBrokerTest, HistoryAndWhatIsToldJoinWithoutAHole) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint(), {.command_timeout = std::chrono::seconds(10), .history_messages = 100'000});
  TestBroker b("b", server.Endpoint(), {.command_timeout = std::chrono::seconds(10), .history_messages = 100'000});
  a.Join("r");
  b.Join("r");
  a.Say("r", "0");
  ASSERT_TRUE(b.Await("r", 1));
  const std::string first = b.Messages("r").front().position;
  std::thread flood([&a] {
    for (int i = 1; i < 5000; ++i) a.Say("r", std::to_string(i));
  });
  for (int i = 0; i < 20; ++i) {
    std::vector<std::string> texts;
    std::promise<std::size_t> told_at_done;
    const std::function<void(std::string)> read = [&](std::string since) {
      b->ReadHistory("r", std::move(since), [&](const absl::StatusOr<Broker::History>& history) {
        EXPECT_EQ(history->kind, Kind::kComplete);
        for (const RoomMessage& message : history->messages) texts.push_back(message.text);
        if (history->more) return read(history->messages.back().position);
        told_at_done.set_value(b.Messages("r").size());
      });
    };
    read(first);
    // Exactly the messages delivered so far, without the first.
    ASSERT_EQ(told_at_done.get_future().get() - 1, texts.size());
    for (std::size_t m = 0; m < texts.size(); ++m) ASSERT_EQ(texts[m], std::to_string(m + 1));
  }
  flood.join();
}

TEST(RedisBrokerTest, TellsWhoPublishesTooFastToPause) {
  RedisServer server;
  TestBroker a("a", server.Endpoint(), {.command_timeout = std::chrono::seconds(10), .outbox_bytes = 2 << 20});
  a.Join("r");
  const std::string text(64 * 1024, 'x');
  std::size_t said = 0;
  bool congested = false;
  server.Pause();  // or it might be faster than we are
  for (; said < 10'000 && !congested; ++said) {
    a.Say("r", text);
    congested = a->congested();
  }
  server.Resume();
  EXPECT_TRUE(congested);
  EXPECT_TRUE(Eventually([&] { return a.relieved() > 0 && !a->congested(); }));
  ASSERT_TRUE(a.Await("r", said));
  EXPECT_EQ(a->counters().dropped.value(), 0u);
}

TEST(RedisBrokerTest, WhatWasTakenBeforeTheEndIsAppended) {
  const RedisServer server;
  TestBroker b("b", server.Endpoint(), {.command_timeout = std::chrono::seconds(10)});
  b.Join("r");
  {
    TestBroker a("a", server.Endpoint(), {.command_timeout = std::chrono::seconds(10)});
    a.Join("r");
    for (int i = 0; i < 500; ++i) a.Say("r", std::to_string(i));
  }
  EXPECT_TRUE(b.Await("r", 500));
}

TEST(RedisBrokerTest, ForeignWordsOnOurChannelsAreIgnored) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  a.Join("r");
  const std::string channel = "viaduct:{room:r}:news";
  for (const std::string junk :
       {"", "x", "1:M", "99999999999999999999:", "1:P1:x1:y1:z", "1:M3:0-01:b1:x", "1:M3:0-01:b3:1-11:11:i1:s1:t"}) {
    server.Ask({"PUBLISH", channel, junk});
  }
  server.Ask({"PUBLISH", "viaduct:{tasks}:all", "1:A1:x1:y1:z1:w"});
  a.Say("r", "fine");
  EXPECT_TRUE(a.Await("r", 1));
  EXPECT_EQ(a.Texts("r"), Texts{"fine"});
}

TEST(RedisBrokerTest, NamesReachOtherTasksAndAreInTheHistory) {
  RedisServer server;
  TestBroker a("a", server.Endpoint());
  TestBroker b("b", server.Endpoint());
  a.Join("r");
  b.Join("r");
  const Uuid sender = *Uuid::Parse("a83b55ae-92ba-4b01-8c0e-b4079569f24a");
  a->SetPresence("r", 1, {{.id = sender, .name = "Ada L."}});
  EXPECT_TRUE(Eventually([&] { return b.PeopleElsewhere("r") == People{{.id = sender, .name = "Ada L."}}; }));
  a->Publish({{.room = "r", .sender = sender, .id = "x-1", .text = "one", .position = "", .name = "Ada L."},
              {.room = "r", .sender = sender, .id = "x-2", .text = "two", .position = ""}});
  ASSERT_TRUE(b.Await("r", 2));
  EXPECT_EQ(b.Messages("r")[0].name, "Ada L.");
  EXPECT_EQ(b.Messages("r")[1].name, "");
  const auto last = b.History("r", "last-2");
  ASSERT_TRUE(last.ok()) << last.status();
  ASSERT_EQ(last->messages.size(), 2u);
  EXPECT_EQ(last->messages[0].name, "Ada L.");
  const auto newest = b.History("r", "last-1");
  ASSERT_TRUE(newest.ok()) << newest.status();
  ASSERT_EQ(newest->messages.size(), 1u);
  EXPECT_EQ(newest->messages[0].text, "two");
  EXPECT_EQ(newest->position, last->messages[0].position);
  a->SetPresence("r", 1, {});
  EXPECT_TRUE(Eventually([&] { return b.PeopleElsewhere("r").empty(); }));
}

}  // namespace
}  // namespace viaduct::origin
