#include "net/worker_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/event_loop.h"

namespace viaduct::net {
namespace {

std::unique_ptr<WorkerPool> MakePool(int size) { return WorkerPool::Create(size).value(); }

TEST(UsableCpusTest, IsBoundedByTheAffinity) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(UsableCpus(), 1);
  EXPECT_LE(UsableCpus(), CPU_COUNT(&before));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (std::size_t cpu = 0; CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(UsableCpus(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(WorkerPoolTest, EachWorkerRunsItsLoopOnItsOwnThread) {
  const auto pool = MakePool(3);
  ASSERT_EQ(pool->size(), 3u);
  pool->Start();
  std::vector<std::thread::id> threads(3);
  pool->RunOnAll([&](std::size_t i) { threads[i] = std::this_thread::get_id(); });
  std::vector<std::thread::id> again(3);
  pool->RunOnAll([&](std::size_t i) { again[i] = std::this_thread::get_id(); });
  EXPECT_EQ(threads, again);
  EXPECT_EQ(std::set<std::thread::id>(threads.begin(), threads.end()).size(), 3u);
  EXPECT_EQ(std::set<std::thread::id>(threads.begin(), threads.end()).count(std::this_thread::get_id()), 0u);
}

TEST(WorkerPoolTest, RunOnAllReturnsWhenAllAreDone) {
  const auto pool = MakePool(4);
  pool->Start();
  std::vector<int> done(4, 0);
  for (int round = 1; round <= 100; ++round) {
    pool->RunOnAll([&](std::size_t i) { ++done[i]; });
    EXPECT_EQ(done, std::vector<int>(4, round));
  }
}

TEST(WorkerPoolTest, LoopsMayBeSetUpBeforeTheStart) {
  const auto pool = MakePool(2);
  std::vector<std::string> log;
  pool->Post(1, [&] { log.push_back("posted first"); });
  pool->loop(1)->Post([&] { log.push_back("posted second"); });
  pool->Start();
  pool->RunOnAll([](std::size_t) {});
  EXPECT_EQ(log, (std::vector<std::string>{"posted first", "posted second"}));
}

TEST(WorkerPoolTest, WorkersMayPostToEachOther) {
  const auto pool = MakePool(2);
  pool->Start();
  int hops = 0;
  std::promise<int> last;
  std::function<void()> hop = [&] {
    if (++hops == 100) return last.set_value(hops);
    pool->Post(static_cast<std::size_t>(hops % 2), hop);
  };
  pool->Post(0, hop);
  EXPECT_EQ(last.get_future().get(), 100);
}

TEST(WorkerPoolTest, StopEndsAndMayBeCalledTwice) {
  const auto pool = MakePool(2);
  int calls = 0;
  pool->Start();
  pool->Post(0, [&] { ++calls; });
  pool->Stop();
  EXPECT_EQ(calls, 1) << "what was posted before runs";
  pool->Stop();
}

TEST(WorkerPoolTest, APoolThatNeverStartedMayGo) {
  const auto token = std::make_shared<int>(0);
  {
    const auto pool = MakePool(2);
    pool->Post(0, [token] { ADD_FAILURE() << "a call ran"; });
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPoolTest, WhatWasPostedAfterStopIsDestroyedUnrun) {
  const auto token = std::make_shared<int>(0);
  {
    const auto pool = MakePool(2);
    pool->Start();
    pool->Stop();
    for (std::size_t i = 0; i < 2; ++i) pool->Post(i, [token] { ADD_FAILURE() << "a call ran"; });
    EXPECT_EQ(token.use_count(), 3);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPoolTest, StopWhileCallsAreBeingPostedLosesNone) {
  const auto token = std::make_shared<int>(0);
  {
    const auto pool = MakePool(2);
    pool->Start();
    std::thread poster([&] {
      for (int i = 0; i < 1000; ++i) pool->Post(static_cast<std::size_t>(i % 2), [token] {});
    });
    pool->Stop();
    poster.join();
  }
  EXPECT_EQ(token.use_count(), 1);
}

// Reports its destruction to another worker.
struct TellsAnother {
  WorkerPool* pool;
  std::size_t other;
  std::shared_ptr<int> token;
  TellsAnother(WorkerPool* p, std::size_t o, std::shared_ptr<int> t) : pool(p), other(o), token(std::move(t)) {}
  TellsAnother(TellsAnother&&) = default;
  ~TellsAnother() {
    if (token != nullptr) pool->Post(other, [token = token] { ADD_FAILURE() << "a call ran"; });
  }
};

TEST(WorkerPoolTest, UnrunCallsMayPostToAnyWorkerWhenTheyGo) {
  const auto token = std::make_shared<int>(0);
  {
    const auto pool = MakePool(2);
    pool->Post(0, [one = TellsAnother(pool.get(), 1, token)] { ADD_FAILURE() << "a call ran"; });
    pool->Post(1, [one = TellsAnother(pool.get(), 0, token)] { ADD_FAILURE() << "a call ran"; });
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace viaduct::net
