#include "sidecar/tunnel/viewer_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Verdict = ViewerWatch::Verdict;

constexpr seconds kTimeout{20};
constexpr seconds kStallTimeout{95};
constexpr ViewerWatch::Time kBegin{seconds(1000)};

TEST(ViewerWatchTest, IsLookedAtFourTimesInATimeout) {
  ViewerWatch watch(kTimeout, kStallTimeout, kBegin);
  EXPECT_EQ(watch.next_look(), kBegin + seconds(5));
  watch.Look({}, false, kBegin + seconds(5));
  EXPECT_EQ(watch.next_look(), kBegin + seconds(10));
}

TEST(ViewerWatchTest, WhoTakesNothingForTheStallTimeoutIsGone) {
  ViewerWatch watch(kTimeout, kStallTimeout, kBegin);
  for (int second = 5; second < 93; second += 5) {
    EXPECT_EQ(watch.Look({.acknowledged = 7, .waiting = 100}, true, kBegin + seconds(second)), Verdict::kThere);
  }
  EXPECT_EQ(watch.Look({.acknowledged = 7, .waiting = 100}, true, kBegin + seconds(93)), Verdict::kThere);
  EXPECT_EQ(watch.next_look(), kBegin + kStallTimeout);
  EXPECT_EQ(watch.Look({.acknowledged = 7, .waiting = 100}, true, kBegin + kStallTimeout), Verdict::kTakesNothing);
}

// A kernel whose large buffer was full tells of room only when much of it is free.
TEST(ViewerWatchTest, WhoTakesMuchAtATimeIsThere) {
  ViewerWatch watch(kTimeout, kStallTimeout, kBegin);
  for (unsigned second = 5; second < 500; second += 5) {
    const std::uint64_t taken = second / 90 * 400'000;
    EXPECT_EQ(watch.Look({.acknowledged = taken, .waiting = 100'000}, true, kBegin + seconds(second)), Verdict::kThere);
  }
}

TEST(ViewerWatchTest, WhoTakesAByteNowAndThenIsThere) {
  ViewerWatch watch(kTimeout, kStallTimeout, kBegin);
  for (unsigned second = 5; second < 500; second += 15) {
    EXPECT_EQ(watch.Look({.acknowledged = second, .waiting = 100}, true, kBegin + seconds(second)), Verdict::kThere);
  }
}

TEST(ViewerWatchTest, ThePingMustArriveBeforeItsAnswerIsDue) {
  ViewerWatch watch(kTimeout, kStallTimeout, kBegin);
  watch.ExpectAnswer(1000, kBegin + seconds(1));
  EXPECT_TRUE(watch.expects_answer());
  for (unsigned second = 5; second < 100; second += 5) {
    EXPECT_EQ(watch.Look({.acknowledged = second, .waiting = 995}, false, kBegin + seconds(second)), Verdict::kThere);
  }
  // Arrived since the last look, at second 95.
  EXPECT_EQ(watch.Look({.acknowledged = 1000}, false, kBegin + seconds(100)), Verdict::kThere);
  EXPECT_EQ(watch.Look({.acknowledged = 1000}, false, kBegin + seconds(114)), Verdict::kThere);
  EXPECT_EQ(watch.next_look(), kBegin + seconds(115));
  EXPECT_EQ(watch.Look({.acknowledged = 1000}, false, kBegin + seconds(115)), Verdict::kAnswersNothing);
}

// A balancer may take everything for a viewer that is gone.
TEST(ViewerWatchTest, ProgressBehindThePingIsNoAnswer) {
  ViewerWatch watch(kTimeout, kStallTimeout, kBegin);
  watch.ExpectAnswer(10, kBegin);
  for (unsigned second = 5; second < 20; second += 5) {
    EXPECT_EQ(watch.Look({.acknowledged = 1000 * second, .waiting = 9}, true, kBegin + seconds(second)),
              Verdict::kThere);
  }
  EXPECT_EQ(watch.Look({.acknowledged = 99'999}, false, kBegin + kTimeout), Verdict::kAnswersNothing);
}

TEST(ViewerWatchTest, APingIsNotOlderThanItIs) {
  ViewerWatch watch(kTimeout, kStallTimeout, kBegin);
  watch.Look({}, false, kBegin + seconds(5));
  watch.ExpectAnswer(10, kBegin + seconds(9));
  EXPECT_EQ(watch.Look({.acknowledged = 10}, false, kBegin + seconds(10)), Verdict::kThere);
  EXPECT_EQ(watch.Look({.acknowledged = 10}, false, kBegin + seconds(29) - milliseconds(1)), Verdict::kThere);
  EXPECT_EQ(watch.Look({.acknowledged = 10}, false, kBegin + seconds(29)), Verdict::kAnswersNothing);
}

TEST(ViewerWatchTest, AnAnswerEndsTheWait) {
  ViewerWatch watch(kTimeout, kStallTimeout, kBegin);
  watch.ExpectAnswer(10, kBegin);
  watch.Look({.acknowledged = 10}, false, kBegin + seconds(5));
  watch.OnAnswer();
  EXPECT_FALSE(watch.expects_answer());
  EXPECT_EQ(watch.Look({.acknowledged = 10}, false, kBegin + seconds(60)), Verdict::kThere);
}

}  // namespace
}  // namespace viaduct::sidecar
