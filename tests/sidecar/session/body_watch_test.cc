#include "sidecar/session/body_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;
using Facts = BodyWatch::Facts;
using Verdict = BodyWatch::Verdict;

constexpr seconds kTimeout{60};
constexpr std::uint64_t kLeast = 6'000;
constexpr BodyWatch::Time kBegin{seconds(1000)};

BodyWatch Watch(std::uint64_t moved = 0, std::uint64_t sent = 0) {
  return BodyWatch(kTimeout, kLeast, moved, sent, kBegin);
}

// The verdict when the facts stay the same from the begin on, and when it comes, in seconds.
struct Outcome {
  Verdict verdict = Verdict::kGoesOn;
  int second = 0;
  bool operator==(const Outcome&) const = default;
};
template <typename FactsAt>
Outcome Judge(BodyWatch watch, FactsAt facts_at, int seconds_long = 600) {
  for (int second = 15; second <= seconds_long; second += 15) {
    EXPECT_EQ(watch.next_look(), kBegin + seconds(second));
    const Verdict verdict = watch.Look(facts_at(second), kBegin + seconds(second));
    if (verdict != Verdict::kGoesOn) return {verdict, second};
  }
  return {};
}

std::uint64_t Bytes(int second, int each_second) { return static_cast<std::uint64_t>(second * each_second); }

TEST(BodyWatchTest, NothingThatMovesForTheTimeoutStandsStill) {
  const Outcome expected{Verdict::kStandsStill, 60};
  EXPECT_EQ(Judge(Watch(5, 5), [](int) { return Facts{.moved = 5, .sent = 5, .must_send = true}; }), expected);
}

TEST(BodyWatchTest, TheTimeoutCountsFromTheLastByteThatMoved) {
  const auto facts = [](int second) { return Facts{.moved = Bytes(second < 100 ? second : 100, 1)}; };
  EXPECT_EQ(Judge(Watch(), facts), (Outcome{Verdict::kStandsStill, 165}));
}

// A download of which the kernel holds more than is taken in a timeout.
TEST(BodyWatchTest, ABodyThatAPeersKernelTakesMoves) {
  const auto to_viewer = [](int second) {
    return Facts{.moved = 1'000'000, .to_viewer = {.acknowledged = Bytes(second, 200), .waiting = 1'000}};
  };
  EXPECT_EQ(Judge(Watch(1'000'000), to_viewer), Outcome{});
  const auto to_upstream = [](int second) {
    return Facts{.moved = 1'000'000, .to_upstream = {.acknowledged = Bytes(second, 1), .waiting = 1'000}};
  };
  EXPECT_EQ(Judge(Watch(1'000'000), to_upstream), Outcome{});
}

TEST(BodyWatchTest, AViewerMustSendAtTheRate) {
  const auto drips = [](int second) {
    return Facts{.moved = Bytes(second, 99), .sent = Bytes(second, 99), .must_send = true};
  };
  EXPECT_EQ(Judge(Watch(), drips), (Outcome{Verdict::kTooSlow, 60}));
  const auto sends = [](int second) {
    return Facts{.moved = Bytes(second, 100), .sent = Bytes(second, 100), .must_send = true};
  };
  EXPECT_EQ(Judge(Watch(), sends), Outcome{});
}

TEST(BodyWatchTest, AViewerMustTakeAtTheRate) {
  const auto drips = [](int second) {
    return Facts{.moved = 9, .to_viewer = {.acknowledged = Bytes(second, 99), .waiting = 100'000}};
  };
  EXPECT_EQ(Judge(Watch(9), drips), (Outcome{Verdict::kTooSlow, 75}))
      << "of what it took before the first look nothing "
         "is known";
  const auto takes = [](int second) {
    return Facts{.moved = 9, .to_viewer = {.acknowledged = Bytes(second, 100), .waiting = 100'000}};
  };
  EXPECT_EQ(Judge(Watch(9), takes), Outcome{});
}

// One byte each second: it takes what there is.
TEST(BodyWatchTest, ASlowUpstreamIsNotASlowViewer) {
  const auto down = [](int second) {
    return Facts{.moved = Bytes(second, 1), .to_viewer = {.acknowledged = Bytes(second, 1)}};
  };
  EXPECT_EQ(Judge(Watch(), down), Outcome{});
  // The last of it is always under way.
  const auto always = [](int second) {
    return Facts{.moved = Bytes(second, 1), .to_viewer = {.acknowledged = Bytes(second, 1), .waiting = 5}};
  };
  EXPECT_EQ(Judge(Watch(), always), Outcome{});
  // Up: what came waits for the upstream, except for a moment now and then.
  const auto up = [](int second) {
    return Facts{.moved = Bytes(second, 1), .sent = Bytes(second, 1), .must_send = second % 45 != 0};
  };
  EXPECT_EQ(Judge(Watch(), up), Outcome{});
}

TEST(BodyWatchTest, AViewerThatSendsNothingInItsTurnStandsStillWhateverElseMoves) {
  const auto facts = [](int second) { return Facts{.moved = Bytes(second, 1000), .sent = 5, .must_send = true}; };
  EXPECT_EQ(Judge(Watch(0, 5), facts), (Outcome{Verdict::kStandsStill, 60}));
}

TEST(BodyWatchTest, WithoutARateAnyProgressIsEnough) {
  const auto drips = [](int second) {
    return Facts{.moved = Bytes(second, 1), .sent = Bytes(second, 1), .must_send = true};
  };
  EXPECT_EQ(Judge(BodyWatch(kTimeout, 0, 0, 0, kBegin), drips), Outcome{});
}

}  // namespace
}  // namespace viaduct::sidecar
