#include "net/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/unique_fd.h"
#include "tests/net/run_loop.h"

namespace viaduct::net {
namespace {

using std::chrono::milliseconds;

struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};

SocketPair MakePair() {
  int fds[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Makes a pair whose `ours` is readable.
SocketPair MakeReadablePair() {
  SocketPair pair = MakePair();
  EXPECT_EQ(::write(pair.theirs.get(), "x", 1), 1);
  return pair;
}

TEST(EventLoopTest, TellsEachEdgeOnce) {
  const auto loop = MakeLoop();
  const SocketPair pair = MakePair();
  std::vector<std::uint32_t> told;
  CallOnReady handler([&](std::uint32_t events) { told.push_back(events); });
  ASSERT_TRUE(loop->Watch(pair.ours.get(), &handler));
  RunOneTurn(loop.get());
  EXPECT_EQ(told, (std::vector<std::uint32_t>{EPOLLOUT}));
  RunOneTurn(loop.get());
  EXPECT_EQ(told.size(), 1u);
  ASSERT_EQ(::write(pair.theirs.get(), "x", 1), 1);
  RunOneTurn(loop.get());
  ASSERT_EQ(told.size(), 2u);
  EXPECT_TRUE(told[1] & EPOLLIN);
  RunOneTurn(loop.get());
  EXPECT_EQ(told.size(), 2u) << "unread bytes are no new edge";
  loop->Forget(&handler);
}

TEST(EventLoopTest, TellsALevelEachTurnUntilAllIsTakenOrUnwatched) {
  const auto loop = MakeLoop();
  const SocketPair pair = MakeReadablePair();
  std::vector<std::uint32_t> told;
  CallOnReady handler([&](std::uint32_t events) { told.push_back(events); });
  ASSERT_TRUE(loop->WatchLevel(pair.ours.get(), &handler));
  RunOneTurn(loop.get());
  RunOneTurn(loop.get());
  EXPECT_EQ(told, (std::vector<std::uint32_t>{EPOLLIN, EPOLLIN}));
  EXPECT_EQ(loop->turn(), 2u);
  char byte;
  ASSERT_EQ(::read(pair.ours.get(), &byte, 1), 1);
  RunOneTurn(loop.get());
  loop->Unwatch(pair.ours.get());
  ASSERT_EQ(::write(pair.theirs.get(), "x", 1), 1);
  RunOneTurn(loop.get());
  EXPECT_EQ(told.size(), 2u);
  loop->Forget(&handler);
}

TEST(EventLoopTest, TellsDataAndTheEndBehindItTogether) {
  const auto loop = MakeLoop();
  SocketPair pair = MakeReadablePair();
  pair.theirs.Reset();
  std::uint32_t told = 0;
  CallOnReady handler([&](std::uint32_t events) { told |= events; });
  ASSERT_TRUE(loop->Watch(pair.ours.get(), &handler));
  RunOneTurn(loop.get());
  EXPECT_TRUE(told & EPOLLIN);
  EXPECT_TRUE(told & EPOLLRDHUP);
  loop->Forget(&handler);
}

TEST(EventLoopTest, WatchSaysWhenTheKernelRefuses) {
  const auto loop = MakeLoop();
  const SocketPair pair = MakePair();
  CallOnReady handler([](std::uint32_t) {});
  EXPECT_FALSE(loop->Watch(-1, &handler));
  EXPECT_EQ(errno, EBADF);
  EXPECT_TRUE(loop->Watch(pair.ours.get(), &handler));
  EXPECT_FALSE(loop->Watch(pair.ours.get(), &handler));
  EXPECT_EQ(errno, EEXIST);
}

TEST(EventLoopTest, TellsMoreHandlersThanFitIntoOneWait) {
  constexpr int kHandlers = 400;
  const auto loop = MakeLoop();
  std::vector<SocketPair> pairs;
  std::vector<std::unique_ptr<CallOnReady>> handlers;
  int told = 0;
  for (int i = 0; i < kHandlers; ++i) {
    pairs.push_back(MakePair());
    handlers.push_back(std::make_unique<CallOnReady>([&](std::uint32_t) {
      if (++told == kHandlers) loop->Stop();
    }));
    ASSERT_TRUE(loop->Watch(pairs.back().ours.get(), handlers.back().get()));
  }
  RunUntilStopped(loop.get());
  EXPECT_EQ(told, kHandlers);
}

// Two handlers are ready in one turn; whichever is called first destroys the other, as a tunnel's one side does.
TEST(EventLoopTest, AHandlerForgottenByAnotherOneInItsTurnIsNotCalled) {
  struct Side {
    SocketPair pair = MakeReadablePair();
    std::unique_ptr<CallOnReady> handler;
  };
  const auto loop = MakeLoop();
  Side sides[2];
  int calls = 0;
  for (int i = 0; i < 2; ++i) {
    sides[i].handler = std::make_unique<CallOnReady>([&, i](std::uint32_t) {
      ++calls;
      Side& other = sides[1 - i];
      loop->Forget(other.handler.get());
      other.handler.reset();
      other.pair.ours.Reset();
    });
    ASSERT_TRUE(loop->Watch(sides[i].pair.ours.get(), sides[i].handler.get()));
  }
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 1);
}

// The same, with a new handler at the dead one's memory address: it must not get the other's events.
TEST(EventLoopTest, AHandlerInTheMemoryOfAForgottenOneIsNotToldItsEvents) {
  struct Side {
    SocketPair pair = MakeReadablePair();
    std::optional<CallOnReady> handler;
  };
  const auto loop = MakeLoop();
  const SocketPair quiet = MakePair();
  char fill[4096] = {};
  while (::write(quiet.ours.get(), fill, sizeof fill) > 0) {  // neither readable nor writable
  }
  Side sides[2];
  int calls = 0;
  int calls_of_new = 0;
  for (int i = 0; i < 2; ++i) {
    sides[i].handler.emplace([&, i](std::uint32_t) {
      ++calls;
      Side& other = sides[1 - i];
      loop->Forget(&*other.handler);
      other.pair.ours.Reset();
      other.handler.emplace([&](std::uint32_t) { ++calls_of_new; });
      ASSERT_TRUE(loop->Watch(quiet.ours.get(), &*other.handler));
    });
    ASSERT_TRUE(loop->Watch(sides[i].pair.ours.get(), &*sides[i].handler));
  }
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(calls_of_new, 0);
}

// An object with two watched descriptors, as a tunnel is.
struct TwoSided final : EventLoop::Handler {
  TwoSided(EventLoop* loop, int* destroyed) : loop_(loop), destroyed_(destroyed) {
    EXPECT_TRUE(loop->Watch(a.ours.get(), this));
    EXPECT_TRUE(loop->Watch(b.ours.get(), this));
  }
  ~TwoSided() {
    loop_->Forget(this);
    ++*destroyed_;
  }
  void OnReady(std::uint32_t) override { on_ready(); }

  SocketPair a = MakeReadablePair();
  SocketPair b = MakeReadablePair();
  std::function<void()> on_ready;
  EventLoop* loop_;
  int* destroyed_;
};

TEST(EventLoopTest, AHandlerRetiredInItsOwnCallLivesUntilTheTurnEnds) {
  const auto loop = MakeLoop();
  int destroyed = 0;
  int calls = 0;
  auto handler = std::make_unique<TwoSided>(loop.get(), &destroyed);
  handler->on_ready = [&] {
    ++calls;
    if (handler != nullptr) loop->Retire(std::move(handler));
    EXPECT_EQ(destroyed, 0);
  };
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 2) << "what was not forgotten is still told";
  EXPECT_EQ(destroyed, 1);
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 2);
}

TEST(EventLoopTest, AHandlerRetiredAndForgottenIsNotCalledAgain) {
  const auto loop = MakeLoop();
  int destroyed = 0;
  int calls = 0;
  auto handler = std::make_unique<TwoSided>(loop.get(), &destroyed);
  handler->on_ready = [&] {
    ++calls;
    loop->RunAgain(handler.get());
    loop->Forget(handler.get());
    loop->Retire(std::move(handler));
  };
  RunOneTurn(loop.get());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(destroyed, 1);
}

TEST(EventLoopTest, RunAgainCallsOnceInTheNextTurn) {
  const auto loop = MakeLoop();
  std::vector<std::string> log;
  CallOnReady handler([&](std::uint32_t events) {
    EXPECT_EQ(events, 0u);
    log.push_back("again");
  });
  loop->Post([&] {
    log.push_back("posted");
    loop->RunAgain(&handler);
    loop->RunAgain(&handler);
    loop->AtTurnEnd([&] { log.push_back("turn end"); });
  });
  RunOneTurn(loop.get());
  EXPECT_EQ(log, (std::vector<std::string>{"posted", "turn end"}));
  RunOneTurn(loop.get());
  EXPECT_EQ(log.size(), 3u);
  RunOneTurn(loop.get());
  EXPECT_EQ(log.size(), 3u);
}

TEST(EventLoopTest, RunAgainInAHandlersCallIsForTheNextTurn) {
  const auto loop = MakeLoop();
  const SocketPair pair = MakePair();
  int calls = 0;
  CallOnReady handler([&](std::uint32_t) {
    ++calls;
    loop->RunAgain(&handler);
  });
  ASSERT_TRUE(loop->Watch(pair.ours.get(), &handler));
  for (int turn = 1; turn <= 3; ++turn) {
    RunOneTurn(loop.get());
    EXPECT_EQ(calls, turn);
  }
}

TEST(EventLoopTest, ATurnWithRunAgainWaitsForNothing) {
  const auto loop = MakeLoop();
  int calls = 0;
  CallOnReady handler([&](std::uint32_t) {
    if (++calls == 1000) return loop->Stop();
    loop->RunAgain(&handler);
  });
  loop->RunAgain(&handler);
  RunUntilStopped(loop.get());
  EXPECT_EQ(calls, 1000);
}

TEST(EventLoopTest, ABusyHandlerStarvesNeitherSocketsNorTimersNorPosts) {
  const auto loop = MakeLoop();
  const SocketPair pair = MakePair();
  bool told = false;
  bool fired = false;
  bool posted = false;
  CallOnReady busy([&](std::uint32_t) {
    if (told && fired && posted) return loop->Stop();
    loop->RunAgain(&busy);
  });
  CallOnReady socket([&](std::uint32_t) { told = true; });
  CallOnTimer timer(loop.get(), [&] { fired = true; });
  loop->RunAgain(&busy);
  ASSERT_TRUE(loop->Watch(pair.ours.get(), &socket));
  timer->Set(Clock::now() + milliseconds(5));
  loop->Post([&] { posted = true; });
  RunUntilStopped(loop.get());
  EXPECT_TRUE(told && fired && posted);
}

TEST(EventLoopTest, ForgetTakesBackRunAgain) {
  const auto loop = MakeLoop();
  int calls = 0;
  CallOnReady first([&](std::uint32_t) { ++calls; });
  CallOnReady second([&](std::uint32_t) { ++calls; });
  CallOnReady forgets_second([&](std::uint32_t) { loop->Forget(&second); });
  loop->RunAgain(&first);
  loop->RunAgain(&forgets_second);
  loop->RunAgain(&second);
  loop->Forget(&first);
  RunOneTurn(loop.get());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 0);
}

TEST(EventLoopTest, ATurnGoesHandlersTimersPostsEnd) {
  const auto loop = MakeLoop();
  const SocketPair pair = MakePair();
  std::vector<std::string> log;
  struct Logged {
    std::vector<std::string>* log;
    ~Logged() { log->push_back("retired"); }
  };
  CallOnReady handler([&](std::uint32_t) {
    log.push_back("handler");
    loop->AtTurnEnd([&] { log.push_back("end"); });
    loop->Retire(std::make_unique<Logged>(&log));
  });
  CallOnTimer timer(loop.get(), [&] { log.push_back("timer"); });
  ASSERT_TRUE(loop->Watch(pair.ours.get(), &handler));
  timer->Set(Clock::now());
  loop->Post([&] { log.push_back("posted"); });
  RunOneTurn(loop.get());
  EXPECT_EQ(log, (std::vector<std::string>{"handler", "timer", "posted", "end", "retired"}));
}

TEST(EventLoopTest, WhatATurnsEndAsksForRunsInTheSameTurn) {
  const auto loop = MakeLoop();
  int calls = 0;
  int destroyed = 0;
  struct RetiresAnother {
    EventLoop* loop;
    int* destroyed;
    int left;
    ~RetiresAnother() {
      ++*destroyed;
      if (left > 0) loop->Retire(std::make_unique<RetiresAnother>(loop, destroyed, left - 1));
    }
  };
  loop->Post([&] {
    loop->AtTurnEnd([&] {
      ++calls;
      loop->Retire(std::make_unique<RetiresAnother>(loop.get(), &destroyed, 3));
      loop->AtTurnEnd([&] { ++calls; });
    });
  });
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(destroyed, 4);
}

TEST(EventLoopTest, WhatWasAskedForBeforeRunIsDoneInTheFirstTurn) {
  const auto loop = MakeLoop();
  int calls = 0;
  loop->AtTurnEnd([&] {
    ++calls;
    loop->Stop();
  });
  RunUntilStopped(loop.get());
  EXPECT_EQ(calls, 1);
}

TEST(EventLoopTest, TheTimeStandsStillDuringATurn) {
  const auto loop = MakeLoop();
  std::vector<Clock::time_point> seen;
  const Clock::time_point before = Clock::now();
  loop->Post([&] { seen.push_back(loop->now()); });
  loop->Post([&] {
    seen.push_back(loop->now());
    loop->AtTurnEnd([&] { seen.push_back(loop->now()); });
  });
  RunOneTurn(loop.get());
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_GE(seen[0], before);
  EXPECT_LE(seen[0], Clock::now());
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}

TEST(EventLoopTest, PostsFromThreadsAllRunEachThreadsInOrder) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5'000;
  const auto loop = MakeLoop();
  std::vector<int> next(kThreads, 0);
  int left = kThreads * kPosts;
  bool in_order = true;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop->Post([&, t, i] {
          in_order &= next[static_cast<std::size_t>(t)]++ == i;
          if (--left == 0) loop->Stop();
        });
      }
    });
  }
  RunUntilStopped(loop.get());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(left, 0);
  EXPECT_TRUE(in_order);
}

TEST(EventLoopTest, APostWakesALoopThatWaits) {
  const auto loop = MakeLoop();
  std::atomic<bool> running = false;
  loop->Post([&] { running = true; });
  std::thread thread([&] {
    while (!running) std::this_thread::yield();
    loop->Post([&] { loop->Stop(); });
  });
  RunUntilStopped(loop.get());
  thread.join();
}

TEST(EventLoopTest, ACallThatPostsItselfLetsOthersRun) {
  const auto loop = MakeLoop();
  bool fired = false;
  CallOnTimer timer(loop.get(), [&] { fired = true; });
  timer->Set(Clock::now() + milliseconds(5));
  std::function<void()> again = [&] {
    if (fired) return loop->Stop();
    loop->Post(again);
  };
  loop->Post(again);
  RunUntilStopped(loop.get());
  EXPECT_TRUE(fired);
}

TEST(EventLoopTest, StopEndsTheTurnAndRunMayFollow) {
  const auto loop = MakeLoop();
  std::vector<std::string> log;
  loop->Post([&] {
    loop->AtTurnEnd([&] { log.push_back("end"); });
    loop->Post([&] { log.push_back("next turn"); });
  });
  loop->Stop();
  loop->Post([&] { log.push_back("behind stop"); });
  loop->Run();
  EXPECT_EQ(log, (std::vector<std::string>{"behind stop", "end"}));
  RunOneTurn(loop.get());
  EXPECT_EQ(log.size(), 3u);
}

TEST(EventLoopTest, StopFromAnotherThreadEndsAWait) {
  const auto loop = MakeLoop();
  std::thread thread([&] { loop->Stop(); });
  RunUntilStopped(loop.get());
  thread.join();
}

// Leaves something of every kind behind when it goes.
struct LeavesMore {
  EventLoop* loop;
  int* destroyed;
  int left;
  bool moved = false;

  LeavesMore(EventLoop* l, int* d, int n) : loop(l), destroyed(d), left(n) {}
  LeavesMore(LeavesMore&& other) noexcept
      : loop(other.loop), destroyed(other.destroyed), left(other.left), moved(std::exchange(other.moved, true)) {}
  ~LeavesMore() {
    if (moved) return;
    ++*destroyed;
    if (left == 0) return;
    loop->Post([next = LeavesMore(loop, destroyed, left - 1)] { ADD_FAILURE() << "a call ran"; });
    loop->AtTurnEnd([next = LeavesMore(loop, destroyed, left - 1)] { ADD_FAILURE() << "a call ran"; });
    loop->Retire(std::make_unique<LeavesMore>(loop, destroyed, left - 1));
  }
};

TEST(EventLoopTest, WhatWasNotRunIsDestroyedWithTheLoop) {
  int destroyed = 0;
  {
    const auto loop = MakeLoop();
    RunOneTurn(loop.get());
    loop->Post([one = LeavesMore(loop.get(), &destroyed, 2)] { ADD_FAILURE() << "a call ran"; });
    loop->AtTurnEnd([one = LeavesMore(loop.get(), &destroyed, 2)] { ADD_FAILURE() << "a call ran"; });
    loop->Retire(std::make_unique<LeavesMore>(loop.get(), &destroyed, 2));
  }
  EXPECT_EQ(destroyed, 3 * (1 + 3 + 9));
}

TEST(EventLoopTest, RetiredObjectsMayHoldTimersOfTheLoop) {
  auto loop = MakeLoop();
  auto timer = std::make_unique<CallOnTimer>(loop.get(), [] {});
  (*timer)->Set(Clock::now() + std::chrono::hours(1));
  loop->Retire(std::move(timer));
  loop.reset();
}

}  // namespace
}  // namespace viaduct::net
