#include "ops/metrics/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace viaduct::ops {
namespace {

using namespace std::chrono_literals;

constexpr std::array<double, 3> kBounds = {0.001, 0.1, 2.5};

TEST(MetricsTest, ACounterGrows) {
  Counter counter;
  EXPECT_EQ(counter.value(), 0u);
  counter.Add();
  counter.Add(41);
  EXPECT_EQ(counter.value(), 42u);
}

TEST(MetricsTest, AGaugeGoesUpAndDown) {
  Gauge gauge;
  gauge.Add(3);
  gauge.Add(-5);
  EXPECT_EQ(gauge.value(), -2);
  gauge.Set(7);
  EXPECT_EQ(gauge.value(), 7);
}

TEST(MetricsTest, AnotherThreadReadsWhileOneCounts) {
  constexpr std::uint64_t kCount = 100'000;
  Counter counter;
  std::thread counting([&] {
    for (std::uint64_t i = 0; i < kCount; ++i) counter.Add();
  });
  std::uint64_t last = 0;
  while (last < kCount) {
    const std::uint64_t value = counter.value();
    ASSERT_GE(value, last);
    last = value;
  }
  counting.join();
  EXPECT_EQ(counter.value(), kCount);
}

TEST(MetricsTest, AHistogramCountsUpToAndWithABound) {
  Histogram histogram(kBounds);
  for (const std::chrono::nanoseconds duration : {0ns, 1000000ns, 1000001ns, 100000000ns, 2500000000ns, 2500000001ns}) {
    histogram.Observe(duration);
  }
  histogram.Observe(1h);
  const HistogramSnapshot snapshot = histogram.Snapshot();
  EXPECT_EQ(snapshot.upper_bounds, (std::vector<double>{0.001, 0.1, 2.5}));
  EXPECT_EQ(snapshot.counts, (std::vector<std::uint64_t>{2, 2, 1, 2}));
  EXPECT_DOUBLE_EQ(snapshot.sum, 3600 + 5.102000002);
}

TEST(MetricsTest, SnapshotsAddUp) {
  Histogram one(kBounds);
  Histogram two(kBounds);
  one.Observe(1ms);
  two.Observe(1s);
  two.Observe(1min);
  HistogramSnapshot sum;
  sum.Add(one.Snapshot());
  sum.Add(two.Snapshot());
  EXPECT_EQ(sum.counts, (std::vector<std::uint64_t>{1, 0, 1, 1}));
  EXPECT_DOUBLE_EQ(sum.sum, 61.001);
}

TEST(MetricsDeathTest, BoundsMustRise) {
  EXPECT_DEATH(Histogram(std::array<double, 2>{2, 1}), "");
  EXPECT_DEATH(Histogram(std::span<const double>()), "");
}

TEST(MetricsDeathTest, HistogramsOfDifferentBoundsDoNotAddUp) {
  HistogramSnapshot one = Histogram(kBounds).Snapshot();
  const HistogramSnapshot two = Histogram(std::array<double, 3>{1, 2, 3}).Snapshot();
  EXPECT_DEATH(one.Add(two), "");
}

}  // namespace
}  // namespace viaduct::ops
