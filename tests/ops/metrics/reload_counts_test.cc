#include "ops/metrics/reload_counts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "ops/metrics/metrics_page.h"

namespace viaduct::ops {
namespace {

TEST(ReloadCountsTest, EachSourceIsTold) {
  const ReloadCounts::WallTime then{std::chrono::seconds(1000)};
  ReloadCounts counts;
  counts.Add("read", ReloadCounts::Source::kRead, then);
  counts.Add("absent", ReloadCounts::Source::kNotRead, then);
  counts.Count("read", true, then + std::chrono::seconds(1));
  counts.Count("read", false, then + std::chrono::seconds(2));
  counts.Count("read", false, then + std::chrono::seconds(3));
  counts.SetStale("read", true);
  MetricsPage page;
  counts.AddMetrics(&page);
  const std::string text = page.Render();
  for (const char* line : {
           "viaduct_reloads_total{source=\"read\",result=\"ok\"} 1\n",
           "viaduct_reloads_total{source=\"read\",result=\"failed\"} 2\n",
           "viaduct_reloads_total{source=\"absent\",result=\"ok\"} 0\n",
           "viaduct_reload_last_success_timestamp_seconds{source=\"read\"} 1001\n",
           "viaduct_config_stale{source=\"read\"} 1\n",
           "viaduct_config_stale{source=\"absent\"} 0\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("timestamp_seconds{source=\"absent\""), std::string::npos);
}

}  // namespace
}  // namespace viaduct::ops
