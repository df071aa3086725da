// Brokers when Redis, or the connection to it, fails: nothing is lost or doubled, and each sender's order is kept.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "origin/broker/redis/client/redis_files.h"
#include "origin/broker/redis/redis_broker.h"
#include "tests/origin/broker/redis/broker_fixture.h"
#include "tests/origin/broker/redis/client/redis_server.h"
#include "tests/origin/broker/redis/eating_proxy.h"

namespace viaduct::origin {
namespace {

using std::chrono::milliseconds;
using Texts = std::vector<std::string>;

// Settings to give Redis up soon.
const TestBroker::Options kHasty = {.command_timeout = milliseconds(300)};

Texts Numbers(int count) {
  Texts texts;
  for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
  return texts;
}

// Returns the texts of a room's stream.
Texts InStream(const RedisServer& server, const std::string& room) {
  Texts texts;
  for (const RedisReply& entry : server.Ask({"XRANGE", "viaduct:{room:" + room + "}:messages", "-", "+"}).elements) {
    texts.push_back(entry.elements.at(1).elements.back().text);
  }
  return texts;
}

TEST(RedisFaultsTest, AMessageWhoseAnswerIsLostIsAppendedOnce) {
  const RedisServer server;
  EatingProxy proxy(server.socket_path());
  TestBroker a("a", proxy.Endpoint(), {.command_timeout = milliseconds(2000)});
  TestBroker b("b", server.Endpoint());
  a.Join("r");
  b.Join("r");
  a.Say("r", "0");
  ASSERT_TRUE(Eventually([&] { return a->counters().appended.value() == 1u; }));  // Redis knows the script
  proxy.EatAnswers(true);
  for (int i = 1; i < 10; ++i) a.Say("r", std::to_string(i));
  // Redis has appended and announced them; only the sender does not know it.
  ASSERT_TRUE(b.Await("r", 2));
  ASSERT_TRUE(a.Await("r", 10));  // by itself
  EXPECT_TRUE(a->degraded());
  EXPECT_EQ(a.Messages("r")[1].position, "");
  proxy.EatAnswers(false);
  ASSERT_TRUE(Eventually([&] { return !a->degraded(); }));
  a.Say("r", "10");
  ASSERT_TRUE(a.Await("r", 11));
  ASSERT_TRUE(b.Await("r", 11));
  EXPECT_EQ(a.Texts("r"), Numbers(11));
  EXPECT_EQ(b.Texts("r"), Numbers(11));
  EXPECT_EQ(InStream(server, "r"), Numbers(11));
}

TEST(RedisFaultsTest, ARedisThatHangsIsNotWaitedForLongerThanTheTimeout) {
  RedisServer server;
  TestBroker a("a", server.Endpoint(), {.command_timeout = milliseconds(2000)});
  TestBroker b("b", server.Endpoint(), {.command_timeout = milliseconds(2000)});
  a.Join("r");
  b.Join("r");
  server.Pause();
  const auto before = std::chrono::steady_clock::now();
  a.Say("r", "0");
  ASSERT_TRUE(a.Await("r", 1));
  // Not much sooner: the time counts from the loop's clock, which may be old on a busy machine.
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(1000));
  EXPECT_TRUE(a->degraded());
  a.Say("r", "1");
  b.Say("r", "b0");
  ASSERT_TRUE(a.Await("r", 2));
  ASSERT_TRUE(b.Await("r", 1));
  EXPECT_FALSE(a.History("r", "1-1").ok());
  EXPECT_EQ(b.Texts("r"), Texts{"b0"});  // the others' wait in Redis, or before it
  server.Resume();
  ASSERT_TRUE(a.Await("r", 3));
  ASSERT_TRUE(b.Await("r", 3));
  ASSERT_TRUE(Eventually([&] { return !a->degraded() && !b->degraded(); }));
  a.Say("r", "2");
  ASSERT_TRUE(b.Await("r", 4));
  EXPECT_EQ(InStream(server, "r").size(), 4u);
  EXPECT_EQ(b->counters().gaps.value(), 0u);
}

TEST(RedisFaultsTest, WhatWasSaidWhileRedisWasGoneComesWhenItIsBack) {
  RedisServer server;
  TestBroker a("a", server.Endpoint(), kHasty);
  TestBroker b("b", server.Endpoint(), kHasty);
  a.Join("r");
  b.Join("r");
  a.Say("r", "0");
  ASSERT_TRUE(b.Await("r", 1));
  server.Kill();
  for (int i = 1; i < 100; ++i) a.Say("r", std::to_string(i));
  ASSERT_TRUE(a.Await("r", 100));
  EXPECT_EQ(b.Texts("r"), Numbers(1));
  server.Start();
  ASSERT_TRUE(b.Await("r", 100));
  ASSERT_TRUE(Eventually([&] { return !a->degraded() && !b->degraded(); }));
  EXPECT_EQ(a.Texts("r"), Numbers(100));
  EXPECT_EQ(b.Texts("r"), Numbers(100));
  EXPECT_EQ(InStream(server, "r"), Numbers(100));
}

TEST(RedisFaultsTest, WhatTheSubscriptionMissedIsReadFromTheStream) {
  const RedisServer server;
  EatingProxy proxy(server.socket_path());
  TestBroker a("a", server.Endpoint());
  TestBroker b("b", proxy.Endpoint());
  a.Join("r");
  b.Join("r");
  a.Say("r", "0");
  ASSERT_TRUE(b.Await("r", 1));
  proxy.Refuse(true);
  for (int i = 1; i < 600; ++i) a.Say("r", std::to_string(i));
  ASSERT_TRUE(a.Await("r", 600));
  EXPECT_EQ(b.Texts("r"), Numbers(1));
  proxy.Refuse(false);
  ASSERT_TRUE(b.Await("r", 600));
  EXPECT_EQ(b.Texts("r"), Numbers(600));
  EXPECT_EQ(b->counters().gaps.value(), 0u);
  EXPECT_GE(b->counters().refilled.value(), 599u);
}

TEST(RedisFaultsTest, ASubscriptionThatIsAheadOfTheStreamsAnswerIsNoGap) {
  const RedisServer server;
  EatingProxy proxy(server.socket_path());
  TestBroker a("a", server.Endpoint(), {});
  TestBroker b("b", proxy.Endpoint(), {});
  a.Join("r");
  b.Join("r");
  a.Say("r", "0");
  ASSERT_TRUE(b.Await("r", 1));
  proxy.HoldReads(true);
  proxy.CutAll();
  ASSERT_TRUE(Eventually([&] { return proxy.holding(); }));
  const int passed = proxy.passed();
  a.Say("r", "1");
  ASSERT_TRUE(Eventually([&] { return proxy.passed() > passed; }));
  proxy.HoldReads(false);
  a.Say("r", "2");
  ASSERT_TRUE(b.Await("r", 3));
  EXPECT_EQ(b.Texts("r"), Numbers(3));
  EXPECT_EQ(b->counters().gaps.value(), 0u);
}

TEST(RedisFaultsTest, WhatTheHistoryHasLostMeanwhileIsCountedAndTheRestDelivered) {
  const RedisServer server;
  EatingProxy proxy(server.socket_path());
  TestBroker a("a", server.Endpoint());
  TestBroker b("b", proxy.Endpoint());
  a.Join("r");
  b.Join("r");
  a.Say("r", "first");
  ASSERT_TRUE(b.Await("r", 1));
  proxy.Refuse(true);
  for (int i = 0; i < 50; ++i) a.Say("r", std::to_string(i));
  ASSERT_TRUE(a.Await("r", 51));
  server.Ask({"XTRIM", "viaduct:{room:r}:messages", "MAXLEN", "10"});
  proxy.Refuse(false);
  ASSERT_TRUE(b.Await("r", 11));
  EXPECT_EQ(b.Texts("r")[1], "40");
  EXPECT_EQ(b->counters().gaps.value(), 1u);

  // A Redis that has forgotten everything is another history, and goes on.
  server.Ask({"FLUSHALL"});
  a.Say("r", "after");
  ASSERT_TRUE(b.Await("r", 12));
  ASSERT_TRUE(a.Await("r", 52));
  EXPECT_EQ(b->counters().gaps.value(), 2u);
}

TEST(RedisFaultsTest, AWrongPasswordDegradesAndTheRightOneRepairs) {
  const RedisServer server({.password = "right"});
  RedisEndpoint endpoint = server.Endpoint();
  endpoint.password = "wrong";
  TestBroker a("a", endpoint, kHasty);
  a->SetPresence("r", 1, {});
  a.Say("r", "0");
  ASSERT_TRUE(a.Await("r", 1));
  EXPECT_TRUE(a->degraded());
  EXPECT_EQ(a.Messages("r").front().position, "");
  server.Ask({"CONFIG", "SET", "requirepass", "wrong"});
  ASSERT_TRUE(Eventually([&] { return !a->degraded(); }));
  a.Say("r", "1");
  ASSERT_TRUE(a.Await("r", 2));
  EXPECT_EQ(a.Texts("r"), Numbers(2));
  // The announcement may arrive before the answer to the command.
  EXPECT_TRUE(Eventually([&] { return a->counters().appended.value() == 2u; }));
}

TEST(RedisFaultsTest, ThePasswordIsReadAtEachConnect) {
  const RedisServer server({.password = "right"});
  const std::string path = testing::TempDir() + "/password";
  std::ofstream(path) << "wrong\n";
  RedisEndpoint endpoint = server.Endpoint();
  endpoint.password = "right";
  endpoint.password_file = path;
  TestBroker a("a", endpoint, kHasty);
  a->SetPresence("r", 1, {});
  ASSERT_TRUE(Eventually([&] { return a->degraded() && a->counters().troubles.value() > 0; }));
  std::ofstream(path) << "right\n";
  ASSERT_TRUE(Eventually([&] { return !a->degraded(); }));

  ASSERT_EQ(std::remove(path.c_str()), 0);
  const std::uint64_t troubles = a->counters().troubles.value();
  server.Ask({"CLIENT", "KILL", "TYPE", "normal"});
  ASSERT_TRUE(Eventually([&] { return a->degraded() && a->counters().troubles.value() > troubles + 2; }))
      << "it goes on trying";
  a.Say("r", "0");
  ASSERT_TRUE(a.Await("r", 1));
  std::ofstream(path) << "right";
  ASSERT_TRUE(Eventually([&] { return !a->degraded(); }));
  ASSERT_TRUE(Eventually([&] { return a->counters().appended.value() == 1u; }));
}

TEST(RedisFaultsTest, AFileThatHangsHoldsUpNobody) {
  const RedisServer server({.password = "late"});
  RedisEndpoint endpoint = server.Endpoint();
  endpoint.password_file = testing::TempDir() + "/late";
  std::ofstream(endpoint.password_file) << "late";
  absl::Notification comes;
  TestBroker::Options options = kHasty;
  options.read_files = [&comes](RedisEndpoint read) {
    comes.WaitForNotification();
    return WithFilesRead(std::move(read));
  };
  TestBroker a("a", endpoint, options);
  a->SetPresence("r", 1, {});
  ASSERT_TRUE(Eventually([&] { return a->degraded(); }));
  a.Say("r", "0");
  ASSERT_TRUE(a.Await("r", 1));
  comes.Notify();
  ASSERT_TRUE(Eventually([&] { return !a->degraded(); }));
}

TEST(RedisFaultsTest, ARedisThatTakesNoWritesDegrades) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint(), kHasty);
  a.Join("r");
  server.Ask({"CONFIG", "SET", "maxmemory", "1"});
  a.Say("r", "0");
  ASSERT_TRUE(a.Await("r", 1));
  // It was degraded, though maybe not now: Redis answers all but the append.
  EXPECT_EQ(a.Messages("r").front().position, "");
  EXPECT_TRUE(Eventually([&] { return a->counters().delivered_degraded.value() == 1u; }));
  server.Ask({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_TRUE(Eventually([&] { return !a->degraded() && InStream(server, "r") == Numbers(1); }));
  EXPECT_EQ(a.Texts("r"), Numbers(1));
}

TEST(RedisFaultsTest, AnOutboxThatOverflowsDropsTheOldestForOthersAndCounts) {
  RedisServer server;
  TestBroker a("a", server.Endpoint(), {.command_timeout = milliseconds(300), .outbox_bytes = 1 << 20});
  TestBroker b("b", server.Endpoint(), kHasty);
  a.Join("r");
  b.Join("r");
  server.Kill();
  const std::string filling(10'000, 'x');
  for (int i = 0; i < 300; ++i) a.Say("r", absl::StrCat(i, " ", filling));
  ASSERT_TRUE(a.Await("r", 300));  // all of them
  // Messages are delivered before they are dropped.
  ASSERT_TRUE(Eventually([&] { return a->counters().dropped.value() + a->counters().outbox_messages.value() == 300; }));
  EXPECT_LE(a->outbox_bytes(), std::size_t{1} << 20);
  const std::uint64_t dropped = a->counters().dropped.value();
  EXPECT_GT(dropped, 190u);
  EXPECT_LT(dropped, 300u);
  server.Start();
  ASSERT_TRUE(b.Await("r", 300 - dropped));
  EXPECT_EQ(b.Texts("r").front().substr(0, 4), absl::StrCat(dropped, " "));
  EXPECT_EQ(InStream(server, "r").size(), 300 - dropped);
}

TEST(RedisFaultsTest, TheClientsOfATaskThatVanishesExpire) {
  const RedisServer server;
  EatingProxy proxy(server.socket_path());
  TestBroker a("a", server.Endpoint(), {.command_timeout = milliseconds(300), .presence_ttl = milliseconds(500)});
  TestBroker b("b", proxy.Endpoint(), {.command_timeout = milliseconds(300), .presence_ttl = milliseconds(500)});
  a.Join("r");
  b->SetPresence("r", 7, {});
  ASSERT_TRUE(Eventually([&] { return a.Elsewhere("r") == 7 && b.Elsewhere("r") == 1; }));
  proxy.Refuse(true);  // as if it had been killed: it says nothing any more
  ASSERT_TRUE(Eventually([&] { return a.Elsewhere("r") == 0; }));
  ASSERT_TRUE(Eventually([&] { return b.Elsewhere("r") == 0; }));
  proxy.Refuse(false);
  ASSERT_TRUE(Eventually([&] { return a.Elsewhere("r") == 7 && b.Elsewhere("r") == 1; }));
}

// Faults at random, from a seed, while three tasks talk in one room.
TEST(RedisFaultsTest, NothingIsLostOrDoubledUnderRandomFaults) {
  constexpr int kTasks = 3;
  RedisServer server;
  std::vector<std::unique_ptr<EatingProxy>> proxies;
  std::vector<std::unique_ptr<TestBroker>> brokers;
  for (int i = 0; i < kTasks; ++i) {
    proxies.push_back(std::make_unique<EatingProxy>(server.socket_path()));
    brokers.push_back(std::make_unique<TestBroker>(
        absl::StrCat("t", i), proxies.back()->Endpoint(),
        TestBroker::Options{.command_timeout = milliseconds(150), .history_messages = 1'000'000}));
    brokers.back()->Join("r");
  }
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto any = [&random](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  std::vector<int> said(kTasks, 0);
  for (int step = 0; step < 120; ++step) {
    const int task = any(kTasks);
    for (int i = any(30); i > 0; --i) {
      brokers[static_cast<std::size_t>(task)]->Say("r",
                                                   absl::StrCat(task, ":", said[static_cast<std::size_t>(task)]++));
    }
    EatingProxy& proxy = *proxies[static_cast<std::size_t>(any(kTasks))];
    switch (any(8)) {
      case 0:
        proxy.EatAnswers(true);
        break;
      case 1:
        proxy.CutAll();
        break;
      case 2:
        proxy.Refuse(true);
        break;
      case 3:
        if (any(4) == 0) {
          server.Kill();
          server.Start();
        }
        break;
      default:
        proxy.EatAnswers(false);
        proxy.Refuse(false);
    }
    std::this_thread::sleep_for(milliseconds(any(40)));
  }
  for (auto& proxy : proxies) {
    proxy->EatAnswers(false);
    proxy->Refuse(false);
  }
  std::size_t all = 0;
  for (const int count : said) all += static_cast<std::size_t>(count);
  for (auto& broker : brokers) {
    ASSERT_TRUE(broker->Await("r", all)) << broker->Texts("r").size() << " of " << all;
    std::vector<int> next(kTasks, 0);
    std::set<std::string> ids;
    for (const RoomMessage& message : broker->Messages("r")) {
      const auto task = static_cast<std::size_t>(message.text[0] - '0');
      EXPECT_EQ(message.text.substr(2), std::to_string(next[task]++));
      EXPECT_TRUE(ids.insert(message.id).second) << message.id;
    }
    EXPECT_EQ((*broker)->counters().gaps.value(), 0u);
    EXPECT_EQ((*broker)->counters().dropped.value(), 0u);
  }
  EXPECT_EQ(InStream(server, "r").size(), all);
}

}  // namespace
}  // namespace viaduct::origin
