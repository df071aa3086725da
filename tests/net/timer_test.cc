#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "net/event_loop.h"
#include "tests/net/run_loop.h"

namespace viaduct::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(TimerTest, FiresOnceAtOrAfterItsDeadline) {
  const auto loop = MakeLoop();
  int calls = 0;
  const Clock::time_point deadline = Clock::now() + milliseconds(20);
  CallOnTimer timer(loop.get(), [&] {
    ++calls;
    EXPECT_GE(loop->now(), deadline);
    EXPECT_GE(Clock::now(), deadline);
    EXPECT_FALSE(timer->active());
    loop->Stop();
  });
  EXPECT_FALSE(timer->active());
  timer->Set(deadline);
  EXPECT_TRUE(timer->active());
  RunUntilStopped(loop.get());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 1);
}

TEST(TimerTest, DoesNotFireOneTickEarly) {
  const auto loop = MakeLoop();
  int calls = 0;
  CallOnTimer timer(loop.get(), [&] { ++calls; });
  loop->Post([&] { timer->Set(loop->now() + hours(1)); });
  RunOneTurn(loop.get());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(timer->active());
}

TEST(TimerTest, DueTimersFireInTheOrderOfTheirDeadlines) {
  const auto loop = MakeLoop();
  std::vector<int> fired;
  std::vector<std::unique_ptr<CallOnTimer>> timers;
  const Clock::time_point now = Clock::now();
  for (int i = 0; i < 100; ++i) {
    const int rank = i * 37 % 100;
    timers.push_back(std::make_unique<CallOnTimer>(loop.get(), [&fired, rank] { fired.push_back(rank); }));
    (*timers.back())->Set(now - milliseconds(100 - rank));
  }
  RunOneTurn(loop.get());
  ASSERT_EQ(fired.size(), 100u);
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
}

TEST(TimerTest, TheOrderIsThatOfTheLastDeadlinesSet) {
  const auto loop = MakeLoop();
  std::vector<int> fired;
  CallOnTimer first(loop.get(), [&] { fired.push_back(1); });
  CallOnTimer second(loop.get(), [&] { fired.push_back(2); });
  const Clock::time_point now = Clock::now();
  second->Set(now - milliseconds(3));
  first->Set(now - milliseconds(2));
  second->Set(now - milliseconds(1));
  RunOneTurn(loop.get());
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
}

TEST(TimerTest, ALaterDeadlineReplacesAnEarlierOne) {
  const auto loop = MakeLoop();
  int calls = 0;
  const Clock::time_point start = Clock::now();
  CallOnTimer timer(loop.get(), [&] {
    ++calls;
    EXPECT_GE(Clock::now(), start + milliseconds(60));
    loop->Stop();
  });
  timer->Set(start + milliseconds(5));
  timer->Set(start + milliseconds(60));
  RunUntilStopped(loop.get());
  EXPECT_EQ(calls, 1);
}

TEST(TimerTest, AnEarlierDeadlineReplacesALaterOne) {
  const auto loop = MakeLoop();
  int calls = 0;
  CallOnTimer timer(loop.get(), [&] {
    ++calls;
    loop->Stop();
  });
  timer->Set(Clock::now() + hours(1));
  timer->Set(Clock::now() + milliseconds(5));
  RunUntilStopped(loop.get());
  EXPECT_EQ(calls, 1);
}

TEST(TimerTest, CancelledItDoesNotFireUntilSetAgain) {
  const auto loop = MakeLoop();
  int calls = 0;
  CallOnTimer timer(loop.get(), [&] { ++calls; });
  timer->Set(Clock::now() - milliseconds(1));
  timer->Cancel();
  EXPECT_FALSE(timer->active());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 0);
  timer->Set(Clock::now() - milliseconds(1));
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 1);
}

TEST(TimerTest, CancelledAndSetLaterItFiresLater) {
  const auto loop = MakeLoop();
  const Clock::time_point start = Clock::now();
  CallOnTimer timer(loop.get(), [&] {
    EXPECT_GE(Clock::now(), start + milliseconds(40));
    loop->Stop();
  });
  timer->Set(start + milliseconds(5));
  timer->Cancel();
  timer->Set(start + milliseconds(40));
  RunUntilStopped(loop.get());
}

TEST(TimerTest, SetToTheEndOfTimeItIsNotActive) {
  const auto loop = MakeLoop();
  int calls = 0;
  CallOnTimer timer(loop.get(), [&] { ++calls; });
  timer->Set(Clock::time_point::max());
  EXPECT_FALSE(timer->active());
  timer->Set(Clock::now() - milliseconds(1));
  timer->Set(Clock::time_point::max());
  EXPECT_FALSE(timer->active());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 0);
}

TEST(TimerTest, AnEndlessTimeoutNeverFires) {
  const auto loop = MakeLoop();
  int calls = 0;
  CallOnTimer timer(loop.get(), [&] { ++calls; });
  timer->SetAfter(Clock::duration::max());
  RunOneTurn(loop.get());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 0);
}

TEST(TimerTest, DestroyedWhileArmedItDoesNotFire) {
  const auto loop = MakeLoop();
  int calls = 0;
  std::vector<std::unique_ptr<CallOnTimer>> timers;
  for (int i = 0; i < 10; ++i) {
    timers.push_back(std::make_unique<CallOnTimer>(loop.get(), [&] { ++calls; }));
    (*timers.back())->Set(Clock::now() - milliseconds(i));
  }
  timers.erase(timers.begin() + 2, timers.begin() + 9);
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 3);
}

TEST(TimerTest, MayBeDestroyedInItsOwnCall) {
  const auto loop = MakeLoop();
  int calls = 0;
  std::unique_ptr<CallOnTimer> timer;
  timer = std::make_unique<CallOnTimer>(loop.get(), [&] {
    ++calls;
    loop->Retire(std::move(timer));  // its function, too, must outlive the call
  });
  (*timer)->Set(Clock::now());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(timer, nullptr);
}

// An owner whose timer is destroyed in its own call, as happens when a session closes itself.
class DropsItsTimer final : public Timer::Owner {
 public:
  DropsItsTimer(EventLoop* loop, int* calls) : timer_(std::make_unique<Timer>(loop, this)), calls_(calls) {
    timer_->Set(Clock::now());
  }

 private:
  void OnTimer(Timer*) override {
    ++*calls_;
    timer_.reset();
  }

  std::unique_ptr<Timer> timer_;
  int* calls_;
};

TEST(TimerTest, MayDieAtOnceInItsOwnCall) {
  const auto loop = MakeLoop();
  int calls = 0;
  DropsItsTimer first(loop.get(), &calls);
  DropsItsTimer second(loop.get(), &calls);
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 2);
}

TEST(TimerTest, OneCallMayDestroyCancelOrMoveOthersThatAreDue) {
  const auto loop = MakeLoop();
  int calls = 0;
  const Clock::time_point past = Clock::now() - milliseconds(10);
  std::optional<CallOnTimer> destroyed(std::in_place, loop.get(), [&] { ++calls; });
  CallOnTimer cancelled(loop.get(), [&] { ++calls; });
  CallOnTimer moved(loop.get(), [&] { ++calls; });
  CallOnTimer first(loop.get(), [&] {
    destroyed.reset();
    cancelled->Cancel();
    moved->Set(Clock::now() + hours(1));
  });
  (*destroyed)->Set(past);
  cancelled->Set(past);
  moved->Set(past);
  first->Set(past - milliseconds(1));
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(moved->active());
}

TEST(TimerTest, SetAgainInItsCallItFiresAgain) {
  const auto loop = MakeLoop();
  int calls = 0;
  Clock::time_point last;
  CallOnTimer timer(loop.get(), [&] {
    if (calls > 0) EXPECT_GE(Clock::now(), last + milliseconds(2));
    last = Clock::now();
    if (++calls == 5) return loop->Stop();
    timer->Set(last + milliseconds(2));
  });
  timer->Set(Clock::now());
  RunUntilStopped(loop.get());
  EXPECT_EQ(calls, 5);
}

TEST(TimerTest, SetToThePastInItsCallItFiresInTheNextTurn) {
  const auto loop = MakeLoop();
  int calls = 0;
  CallOnTimer timer(loop.get(), [&] {
    ++calls;
    timer->Set(loop->now() - milliseconds(1));
  });
  timer->Set(Clock::now());
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 1);
  RunOneTurn(loop.get());
  EXPECT_EQ(calls, 2);
}

TEST(TimerTest, TimersThatKeepSettingEachOtherStarveNobody) {
  const auto loop = MakeLoop();
  CallOnTimer* other = nullptr;
  CallOnTimer ping(loop.get(), [&] { (*other)->Set(loop->now()); });
  CallOnTimer pong(loop.get(), [&] { ping->SetAfter({}); });
  other = &pong;
  ping->Set(Clock::now());
  bool posted_ran = false;
  loop->Post([&] {
    posted_ran = true;
    loop->Stop();
  });
  RunUntilStopped(loop.get());
  EXPECT_TRUE(posted_ran);
}

TEST(TimerTest, SetAfterCountsFromTheStartOfTheTurn) {
  const auto loop = MakeLoop();
  Clock::time_point due;
  CallOnTimer timer(loop.get(), [&] {
    EXPECT_GE(loop->now(), due);
    loop->Stop();
  });
  loop->Post([&] {
    timer->SetAfter(milliseconds(10));
    due = loop->now() + milliseconds(10);
  });
  RunUntilStopped(loop.get());
}

// Random operations on many timers, against a map that says what must fire.
TEST(TimerTest, FiresExactlyWhatIsDueWhateverWasDoneBefore) {
  constexpr int kTimers = 64;
  std::mt19937 random(5);
  const auto loop = MakeLoop();
  for (int round = 0; round < 200; ++round) {
    std::vector<int> fired;
    std::map<int, Clock::time_point> expected;
    std::vector<std::unique_ptr<CallOnTimer>> timers(kTimers);
    const Clock::time_point now = Clock::now();
    for (int step = 0; step < 400; ++step) {
      const int i = static_cast<int>(random() % kTimers);
      auto& timer = timers[static_cast<std::size_t>(i)];
      if (timer == nullptr) {
        timer = std::make_unique<CallOnTimer>(loop.get(), [&fired, i] { fired.push_back(i); });
      }
      switch (random() % 6) {
        case 0:
          timer.reset();
          expected.erase(i);
          break;
        case 1:
          (*timer)->Cancel();
          expected.erase(i);
          break;
        case 2:
          (*timer)->Set(now + hours(1) + milliseconds(random() % 1000));
          expected.erase(i);
          break;
        default:
          expected[i] = now - nanoseconds(1 + random() % 1'000'000);
          (*timer)->Set(expected[i]);
          break;
      }
    }
    RunOneTurn(loop.get());
    ASSERT_EQ(fired.size(), expected.size());
    for (std::size_t k = 0; k < fired.size(); ++k) {
      ASSERT_TRUE(expected.count(fired[k]));
      if (k > 0) ASSERT_LE(expected[fired[k - 1]], expected[fired[k]]);
    }
  }
}

}  // namespace
}  // namespace viaduct::net
