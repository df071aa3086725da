// Tasks that ask each other and make announcements over a real Redis.
#include "origin/broker/redis/redis_cluster.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/mutex.h"
#include "tests/origin/broker/redis/broker_fixture.h"
#include "tests/origin/broker/redis/client/redis_server.h"

namespace viaduct::origin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Asks, and waits for "task=answer" of each task, with an error as its code.
std::string Ask(TestBroker* from, const std::string& method, const std::string& bytes, net::Clock::duration timeout) {
  std::promise<std::string> promise;
  (*from)->cluster().Ask(method, bytes, net::Clock::now() + timeout, [&](Cluster::Answers answers) {
    std::string text = answers.ok() ? "" : absl::StrCat(absl::StatusCodeToString(answers.status().code()));
    if (answers.ok()) {
      for (const Cluster::Answer& one : *answers) {
        absl::StrAppend(&text, one.task, "=",
                        one.bytes.ok() ? *one.bytes : absl::StatusCodeToString(one.bytes.status().code()), " ");
      }
    }
    promise.set_value(text);
  });
  return promise.get_future().get();
}

void AnswerWith(TestBroker* broker, const std::string& word) {
  (*broker)->cluster().Serve("echo", [word](std::string bytes, Cluster::Reply reply) { reply(word + bytes); });
}

TEST(RedisClusterTest, AsksEveryOtherTask) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  TestBroker b("b", server.Endpoint());
  TestBroker c("c", server.Endpoint());
  for (TestBroker* broker : {&a, &b, &c}) AnswerWith(broker, "hi ");
  const std::string binary("\0:\r\n", 4);
  EXPECT_TRUE(Eventually(
      [&] { return Ask(&a, "echo", binary, seconds(10)) == absl::StrCat("b=hi ", binary, " c=hi ", binary, " "); }));
  EXPECT_EQ(Ask(&a, "none", "", seconds(10)), "b=UNIMPLEMENTED c=UNIMPLEMENTED ");
  b->cluster().Serve("echo", [](std::string, Cluster::Reply) {});  // drops it
  c->cluster().Serve("echo", [](std::string, Cluster::Reply reply) { reply(absl::NotFoundError("nobody")); });
  EXPECT_EQ(Ask(&a, "echo", "", seconds(10)), "b=UNAVAILABLE c=NOT_FOUND ");
}

TEST(RedisClusterTest, WhoDoesNotAnswerIsNamedAtTheDeadline) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  TestBroker b("b", server.Endpoint());
  TestBroker c("c", server.Endpoint());
  AnswerWith(&c, "");
  std::vector<Cluster::Reply> kept;
  b->cluster().Serve("echo", [&kept](std::string, Cluster::Reply reply) { kept.push_back(std::move(reply)); });
  ASSERT_TRUE(Eventually([&] { return Ask(&c, "none", "", seconds(10)) == "a=UNIMPLEMENTED b=UNIMPLEMENTED "; }));
  // Allows as much time as the task that does answer needs.
  EXPECT_TRUE(Eventually([&] {
    const auto before = net::Clock::now();
    const std::string answers = Ask(&a, "echo", "x", milliseconds(500));
    EXPECT_GE(net::Clock::now() - before, milliseconds(499));
    return answers == "b=UNAVAILABLE c=x ";
  }));
  b->cluster().Serve("echo", nullptr);
  kept.clear();
}

TEST(RedisClusterTest, AnAnswerMayComeFromAnyThreadAndAfterTheEnd) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  auto b = std::make_unique<TestBroker>("b", server.Endpoint());
  std::promise<Cluster::Reply> promise;
  (*b)->cluster().Serve("slow", [&promise](std::string, Cluster::Reply reply) { promise.set_value(std::move(reply)); });
  ASSERT_TRUE(Eventually([&] { return Ask(&a, "none", "", seconds(10)) == "b=UNIMPLEMENTED "; }));
  std::thread other([&promise] {
    Cluster::Reply reply = promise.get_future().get();
    reply("late");
  });
  EXPECT_EQ(Ask(&a, "slow", "", seconds(10)), "b=late ");
  other.join();

  std::promise<Cluster::Reply> second;
  (*b)->cluster().Serve("slow", [&second](std::string, Cluster::Reply reply) { second.set_value(std::move(reply)); });
  std::thread asking([&a] { EXPECT_EQ(Ask(&a, "slow", "", seconds(10)), "b=UNAVAILABLE "); });
  Cluster::Reply reply = second.get_future().get();
  b.reset();
  reply("nobody is there to send it");
  asking.join();
}

TEST(RedisClusterTest, TasksThatEndedAreNotAskedAndThoseKilledExpire) {
  RedisServer server;
  TestBroker a("a", server.Endpoint());
  {
    TestBroker b("b", server.Endpoint());
    AnswerWith(&b, "");
    ASSERT_TRUE(Eventually([&] { return Ask(&a, "echo", "", seconds(10)) == "b= "; }));
  }
  EXPECT_EQ(Ask(&a, "echo", "", seconds(10)), "");
  server.Kill();
  EXPECT_TRUE(Eventually([&] { return Ask(&a, "echo", "", seconds(10)) == "UNAVAILABLE"; }));
}

TEST(RedisClusterTest, AnnouncementsReachAllOthersInOrder) {
  const RedisServer server;
  TestBroker a("a", server.Endpoint());
  TestBroker b("b", server.Endpoint());
  AnswerWith(&b, "");
  ASSERT_TRUE(Eventually([&] { return Ask(&a, "echo", "", seconds(10)) == "b= "; }));
  net::Mutex mutex;
  std::string heard;
  const auto listen = [&](TestBroker* broker, const std::string& name) {
    (*broker)->cluster().Listen("news", [&mutex, &heard, name](std::string_view task, std::string_view bytes) {
      net::MutexLock lock(&mutex);
      absl::StrAppend(&heard, name, "<", std::string(task), ":", std::string(bytes), " ");
    });
  };
  listen(&a, "a");
  listen(&b, "b");
  a->cluster().Announce("other", "0");
  a->cluster().Announce("news", "1");
  a->cluster().Announce("news", "2");
  EXPECT_TRUE(Eventually([&] {
    net::MutexLock lock(&mutex);
    return heard == "b<a:1 b<a:2 ";
  })) << heard;
  b->cluster().Listen("news", nullptr);
  a->cluster().Listen("news", nullptr);
}

}  // namespace
}  // namespace viaduct::origin
