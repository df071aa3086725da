#include "sidecar/ecs/task_protection.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace viaduct::sidecar {
namespace {

using Call = TaskProtection::Call;
using Outcome = TaskProtection::Outcome;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TaskProtection::Settings kSettings = {
    .expires_after = minutes(10), .renew_interval = minutes(5), .idle_hold = seconds(10)};
constexpr TaskProtection::Facts kBusy = {.busy = true, .drained = false};
constexpr TaskProtection::Facts kIdle = {.busy = false, .drained = false};
constexpr TaskProtection::Facts kDrained = {.busy = false, .drained = true};
constexpr net::Clock::duration kTick = milliseconds(1);

// A task whose clock and tunnels the test controls.
class Task {
 public:
  explicit Task(const TaskProtection::Settings& settings = kSettings, std::uint32_t seed = 1)
      : protection_(settings, seed) {}

  std::optional<Call> Next(TaskProtection::Facts facts) { return protection_.Next(now_, facts); }
  void Answered(Outcome outcome) { protection_.Answered(now_, outcome); }
  void Pass(net::Clock::duration time) { now_ += time; }
  bool is_protected() const { return protection_.is_protected(now_); }

  // Returns the time until the next call if nothing else changes, in steps of 10 ms.
  net::Clock::duration TimeToCall(TaskProtection::Facts facts, net::Clock::duration most) {
    const net::Clock::time_point begin = now_;
    while (now_ - begin < most) {
      if (Next(facts).has_value()) return now_ - begin;
      Pass(milliseconds(10));
    }
    return net::Clock::duration::max();
  }

 private:
  TaskProtection protection_;
  net::Clock::time_point now_ = net::Clock::time_point(std::chrono::hours(1));
};

// Returns a task that ECS has just protected.
Task ProtectedTask() {
  Task task;
  task.Next(kBusy);
  task.Answered(Outcome::kDone);
  return task;
}

TEST(TaskProtectionTest, AnIdleTaskAsksForNothing) {
  Task task;
  EXPECT_EQ(task.TimeToCall(kIdle, minutes(30)), net::Clock::duration::max());
  EXPECT_EQ(task.Next(kDrained), std::nullopt);
  EXPECT_FALSE(task.is_protected());
}

TEST(TaskProtectionTest, TheFirstTunnelProtectsAtOnceAndFurtherOnesAskNoMore) {
  Task task;
  EXPECT_EQ(task.Next(kBusy), Call::kProtect);
  EXPECT_FALSE(task.is_protected()) << "not before ECS says so";
  EXPECT_EQ(task.Next(kBusy), std::nullopt) << "one call at a time";
  task.Answered(Outcome::kDone);
  EXPECT_TRUE(task.is_protected());
  task.Pass(minutes(5) - kTick);
  EXPECT_EQ(task.Next(kBusy), std::nullopt);
}

TEST(TaskProtectionTest, AProtectionIsRenewedInTime) {
  Task task = ProtectedTask();
  task.Pass(minutes(5) - kTick);
  EXPECT_EQ(task.Next(kBusy), std::nullopt);
  task.Pass(kTick);
  EXPECT_EQ(task.Next(kBusy), Call::kProtect);
  task.Answered(Outcome::kDone);
  task.Pass(minutes(5) - kTick);
  EXPECT_EQ(task.Next(kBusy), std::nullopt);
  EXPECT_TRUE(task.is_protected());
}

TEST(TaskProtectionTest, ProtectionCountsFromWhenItWasAskedFor) {
  Task task;
  task.Next(kBusy);
  task.Pass(seconds(2));
  task.Answered(Outcome::kDone);
  task.Pass(minutes(10) - seconds(2) - kTick);
  EXPECT_TRUE(task.is_protected());
  task.Pass(kTick);
  EXPECT_FALSE(task.is_protected());
}

TEST(TaskProtectionTest, WithoutATunnelItIsHeldForAWhileAndThenGivenUp) {
  Task task = ProtectedTask();
  task.Pass(minutes(1));
  EXPECT_EQ(task.Next(kIdle), std::nullopt);
  task.Pass(seconds(10) - kTick);
  EXPECT_EQ(task.Next(kIdle), std::nullopt);
  task.Pass(kTick);
  EXPECT_EQ(task.Next(kIdle), Call::kRelease);
  EXPECT_TRUE(task.is_protected()) << "until ECS says so";
  task.Answered(Outcome::kDone);
  EXPECT_FALSE(task.is_protected());
  EXPECT_EQ(task.TimeToCall(kIdle, minutes(30)), net::Clock::duration::max());
}

TEST(TaskProtectionTest, FlappingCausesNoCalls) {
  Task task = ProtectedTask();
  for (int i = 0; i < 20; ++i) {
    task.Pass(seconds(5));
    EXPECT_EQ(task.Next(kIdle), std::nullopt);
    task.Pass(seconds(4));
    EXPECT_EQ(task.Next(kBusy), std::nullopt);
  }
}

TEST(TaskProtectionTest, WithoutAHoldItIsGivenUpAtOnce) {
  TaskProtection::Settings settings = kSettings;
  settings.idle_hold = {};
  Task task(settings);
  task.Next(kBusy);
  task.Answered(Outcome::kDone);
  EXPECT_EQ(task.Next(kIdle), Call::kRelease);
  task.Answered(Outcome::kDone);
  EXPECT_EQ(task.Next(kBusy), Call::kProtect) << "as soon as there is a tunnel again";
}

TEST(TaskProtectionTest, TheEndOfADrainGivesItUpAtOnce) {
  Task task = ProtectedTask();
  task.Pass(kTick);
  EXPECT_EQ(task.Next(kDrained), Call::kRelease);
  task.Answered(Outcome::kDone);
  EXPECT_EQ(task.TimeToCall(kDrained, minutes(30)), net::Clock::duration::max());
  EXPECT_EQ(task.Next(kBusy), Call::kProtect) << "after an undrain";
}

TEST(TaskProtectionTest, TheEndOfADrainDoesNotWaitForABackOffButOnce) {
  Task task = ProtectedTask();
  task.Pass(minutes(5));
  ASSERT_EQ(task.Next(kBusy), Call::kProtect);
  task.Answered(Outcome::kRefused);
  EXPECT_EQ(task.Next(kBusy), std::nullopt);
  EXPECT_EQ(task.Next(kDrained), Call::kRelease);
  task.Answered(Outcome::kRefused);
  task.Pass(seconds(1) - kTick);
  EXPECT_EQ(task.Next(kDrained), std::nullopt);
}

TEST(TaskProtectionTest, ACallUnderWayIsWaitedForByTheEndOfADrain) {
  Task task;
  ASSERT_EQ(task.Next(kBusy), Call::kProtect);
  EXPECT_EQ(task.Next(kDrained), std::nullopt);
  task.Answered(Outcome::kDone);
  EXPECT_EQ(task.Next(kDrained), Call::kRelease);
}

TEST(TaskProtectionTest, FailuresBackOffDoublingToAMinuteWithJitter) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    Task task(kSettings, seed);
    net::Clock::duration back_off = seconds(1);
    ASSERT_EQ(task.Next(kBusy), Call::kProtect);
    for (int i = 0; i < 10; ++i) {
      task.Answered(Outcome::kRefused);
      task.Pass(back_off / 2 - kTick);
      ASSERT_EQ(task.Next(kBusy), std::nullopt) << i;
      task.Pass(kTick);
      const net::Clock::duration rest = task.TimeToCall(kBusy, minutes(2));
      ASSERT_LE(rest, back_off / 2 + milliseconds(10)) << i;
      back_off = std::min<net::Clock::duration>(2 * back_off, seconds(60));
    }
    task.Answered(Outcome::kDone);
    EXPECT_TRUE(task.is_protected());
  }
}

TEST(TaskProtectionTest, JitterDiffersFromTaskToTask) {
  Task a(kSettings, 1);
  Task b(kSettings, 2);
  for (Task* task : {&a, &b}) {
    task->Next(kBusy);
    task->Answered(Outcome::kRefused);
  }
  EXPECT_NE(a.TimeToCall(kBusy, minutes(1)), b.TimeToCall(kBusy, minutes(1)));
}

TEST(TaskProtectionTest, ASuccessEndsTheBackOff) {
  Task task;
  task.Next(kBusy);
  for (int i = 0; i < 6; ++i) {
    task.Answered(Outcome::kRefused);
    ASSERT_LE(task.TimeToCall(kBusy, minutes(2)), minutes(1));
  }
  task.Answered(Outcome::kDone);
  task.Pass(minutes(5));
  ASSERT_EQ(task.Next(kBusy), Call::kProtect);
  task.Answered(Outcome::kRefused);
  EXPECT_LE(task.TimeToCall(kBusy, minutes(2)), seconds(1));
}

TEST(TaskProtectionTest, ARefusedRenewalKeepsWhatThereIsUntilItRunsOut) {
  Task task = ProtectedTask();
  task.Pass(minutes(5));
  ASSERT_EQ(task.Next(kBusy), Call::kProtect);
  task.Answered(Outcome::kRefused);
  EXPECT_TRUE(task.is_protected());
  task.Pass(minutes(5) - kTick);
  EXPECT_TRUE(task.is_protected());
  task.Pass(kTick);
  EXPECT_FALSE(task.is_protected());
  EXPECT_EQ(task.Next(kBusy), Call::kProtect) << "and goes on asking";
}

TEST(TaskProtectionTest, AProtectionThatWasRefusedNeedsNoRelease) {
  Task task;
  ASSERT_EQ(task.Next(kBusy), Call::kProtect);
  task.Answered(Outcome::kRefused);
  EXPECT_EQ(task.TimeToCall(kIdle, minutes(30)), net::Clock::duration::max());
}

TEST(TaskProtectionTest, AnUncertainProtectionIsGivenUpToo) {
  Task task;
  ASSERT_EQ(task.Next(kBusy), Call::kProtect);
  task.Answered(Outcome::kUncertain);
  EXPECT_FALSE(task.is_protected());
  EXPECT_EQ(task.Next(kIdle), std::nullopt);
  task.Pass(seconds(10));
  EXPECT_EQ(task.Next(kIdle), Call::kRelease);
  task.Answered(Outcome::kDone);
  EXPECT_EQ(task.TimeToCall(kIdle, minutes(30)), net::Clock::duration::max());
}

TEST(TaskProtectionTest, AnUncertainProtectionIsForgottenWhenItMustHaveRunOut) {
  Task task;
  ASSERT_EQ(task.Next(kBusy), Call::kProtect);
  task.Answered(Outcome::kUncertain);
  EXPECT_EQ(task.Next(kIdle), std::nullopt);
  task.Pass(minutes(10) - kTick);
  ASSERT_EQ(task.Next(kIdle), Call::kRelease);
  task.Answered(Outcome::kUncertain);
  task.Pass(kTick);
  EXPECT_EQ(task.TimeToCall(kIdle, minutes(30)), net::Clock::duration::max());
}

TEST(TaskProtectionTest, AnUncertainReleaseIsAskedAgain) {
  Task task = ProtectedTask();
  task.Next(kIdle);
  task.Pass(seconds(10));
  ASSERT_EQ(task.Next(kIdle), Call::kRelease);
  task.Answered(Outcome::kUncertain);
  EXPECT_FALSE(task.is_protected());
  const net::Clock::duration wait = task.TimeToCall(kIdle, minutes(1));
  EXPECT_GE(wait, milliseconds(500));
  EXPECT_LE(wait, milliseconds(1010));
}

TEST(TaskProtectionTest, ATunnelAfterAnUncertainReleaseAsksForProtectionAnew) {
  Task task = ProtectedTask();
  task.Next(kIdle);
  task.Pass(seconds(10));
  ASSERT_EQ(task.Next(kIdle), Call::kRelease);
  task.Answered(Outcome::kUncertain);
  task.Pass(seconds(1));
  EXPECT_EQ(task.Next(kBusy), Call::kProtect);
}

}  // namespace
}  // namespace viaduct::sidecar
