#include "ops/metrics/worker_sums.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "text/closed_list.h"

namespace viaduct::ops {
namespace {

enum class Fruit : std::uint8_t { kApple, kPear };
constexpr auto kFruits = text::ClosedListOf<Fruit>({{Fruit::kApple, "apple"}, {Fruit::kPear, "pear"}});

constexpr double kBounds[] = {1};

struct Counts {
  Counter eaten;
  Gauge left;
  std::array<Counter, kFruits.size()> by_fruit;
  struct {
    Counter deep;
  } inner;
  CloseCodeCounts closes;
  Histogram seconds{kBounds};
};

class WorkerSumsTest : public testing::Test {
 protected:
  Counts first_;
  Counts second_;
  WorkerSums<Counts> sums_{{&first_, &second_}};
};

TEST_F(WorkerSumsTest, CountersAndGaugesAreAddedUp) {
  first_.eaten.Add(2);
  second_.eaten.Add(3);
  first_.left.Add(-4);
  second_.left.Add(1);
  second_.inner.deep.Add(7);
  EXPECT_EQ(sums_.Of(&Counts::eaten), 5);
  EXPECT_EQ(sums_.Of(&Counts::left), -3);
  EXPECT_EQ(sums_.Of([](const Counts& counts) -> const Counter& { return counts.inner.deep; }), 7);
  const MetricsPage::Value value = sums_.Value(&Counts::eaten);
  EXPECT_EQ(value(), 5);
  first_.eaten.Add();
  EXPECT_EQ(value(), 6);
}

TEST_F(WorkerSumsTest, AnArrayHasASampleForEachName) {
  first_.by_fruit[kFruits.Index(Fruit::kPear)].Add(2);
  second_.by_fruit[kFruits.Index(Fruit::kPear)].Add(1);
  EXPECT_EQ(sums_.OfEach(&Counts::by_fruit), (std::vector<std::int64_t>{0, 3}));
  const std::vector<MetricSample> samples = sums_.Samples(&Counts::by_fruit, "fruit", kFruits)();
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].labels, (MetricLabels{{"fruit", "apple"}}));
  EXPECT_EQ(samples[0].value, 0);
  EXPECT_EQ(samples[1].labels, (MetricLabels{{"fruit", "pear"}}));
  EXPECT_EQ(samples[1].value, 3);
}

TEST_F(WorkerSumsTest, ClosesAreAddedUpByLabel) {
  first_.closes.Add(1001);
  second_.closes.Add(1001);
  second_.closes.Add(5000);
  const std::vector<std::int64_t> closes = sums_.OfCloses(&Counts::closes);
  EXPECT_EQ(closes[1], 2);
  EXPECT_EQ(closes.back(), 1);
}

TEST_F(WorkerSumsTest, HistogramsAreAddedUp) {
  first_.seconds.Observe(std::chrono::milliseconds(500));
  second_.seconds.Observe(std::chrono::seconds(2));
  const std::vector<HistogramSample> samples = sums_.Histograms(&Counts::seconds)();
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].value.counts, (std::vector<std::uint64_t>{1, 1}));
}

}  // namespace
}  // namespace viaduct::ops
