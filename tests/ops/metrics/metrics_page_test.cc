#include "ops/metrics/metrics_page.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace viaduct::ops {
namespace {

using namespace std::chrono_literals;

TEST(MetricsPageTest, RendersPrometheusText) {
  constexpr std::array<double, 2> kBounds = {0.005, 1};
  std::array<Counter, 2> workers;
  workers[0].Add(3);
  workers[1].Add(4);
  Histogram histogram(kBounds);
  histogram.Observe(5ms);
  histogram.Observe(6ms);
  histogram.Observe(2s);

  MetricsPage page;
  page.AddCounter("viaduct_sessions_total", "Sessions since the start.",
                  [&] { return static_cast<double>(workers[0].value() + workers[1].value()); });
  page.AddCounter("viaduct_denied_total", "Denied requests by reason.", [] {
    return std::vector<MetricSample>{{{{"reason", "via_missing"}, {"mode", "enforce"}}, 2}, {{{"reason", "x"}}, 0}};
  });
  page.AddGauge("viaduct_ranges_age_seconds", "Age of the list of ranges.", [] { return 0.25; });
  page.AddGauge("viaduct_none", "Has no value now.", [] { return std::vector<MetricSample>(); });
  page.AddHistogram("viaduct_upgrade_seconds", "From upgrade to 101.",
                    [&] { return std::vector<HistogramSample>{{{{"side", "upstream"}}, histogram.Snapshot()}}; });
  EXPECT_EQ(page.Render(),
            "# HELP viaduct_sessions_total Sessions since the start.\n"
            "# TYPE viaduct_sessions_total counter\n"
            "viaduct_sessions_total 7\n"
            "# HELP viaduct_denied_total Denied requests by reason.\n"
            "# TYPE viaduct_denied_total counter\n"
            "viaduct_denied_total{reason=\"via_missing\",mode=\"enforce\"} 2\n"
            "viaduct_denied_total{reason=\"x\"} 0\n"
            "# HELP viaduct_ranges_age_seconds Age of the list of ranges.\n"
            "# TYPE viaduct_ranges_age_seconds gauge\n"
            "viaduct_ranges_age_seconds 0.25\n"
            "# HELP viaduct_none Has no value now.\n"
            "# TYPE viaduct_none gauge\n"
            "# HELP viaduct_upgrade_seconds From upgrade to 101.\n"
            "# TYPE viaduct_upgrade_seconds histogram\n"
            "viaduct_upgrade_seconds_count{side=\"upstream\"} 3\n"
            "viaduct_upgrade_seconds_sum{side=\"upstream\"} 2.011\n"
            "viaduct_upgrade_seconds_bucket{side=\"upstream\",le=\"0.005\"} 1\n"
            "viaduct_upgrade_seconds_bucket{side=\"upstream\",le=\"1\"} 2\n"
            "viaduct_upgrade_seconds_bucket{side=\"upstream\",le=\"+Inf\"} 3\n");
}

TEST(MetricsPageTest, LabelValuesAreEscaped) {
  MetricsPage page;
  page.AddGauge("g", "h", [] { return std::vector<MetricSample>{{{{"l", "a\"b\\c\nd"}}, 1}}; });
  EXPECT_EQ(page.Render(), "# HELP g h\n# TYPE g gauge\ng{l=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(MetricsPageTest, AsksAnewAtEachRendering) {
  Counter counter;
  MetricsPage page;
  page.AddCounter("c_total", "h", [&] { return static_cast<double>(counter.value()); });
  EXPECT_EQ(page.Render(), "# HELP c_total h\n# TYPE c_total counter\nc_total 0\n");
  counter.Add(9'000'000'000'000'000);
  EXPECT_EQ(page.Render(), "# HELP c_total h\n# TYPE c_total counter\nc_total 9000000000000000\n");
}

TEST(MetricsPageDeathTest, NamesAreCheckedWhenAdded) {
  MetricsPage page;
  page.AddGauge("a:b_9", "h", [] { return 1.0; });
  for (const char* name : {"", "9a", "a-b", "a b", "a:b_9"}) {
    EXPECT_DEATH(page.AddGauge(name, "h", [] { return 1.0; }), "") << name;
  }
}

}  // namespace
}  // namespace viaduct::ops
