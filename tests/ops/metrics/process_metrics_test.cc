#include "ops/metrics/process_metrics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

namespace viaduct::ops {
namespace {

// Returns the value of an unlabelled metric of the page, or -1 if it has none.
double ValueOf(const std::string& page, const std::string& name) {
  const std::size_t at = page.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::strtod(page.c_str() + at + name.size() + 2, nullptr);
}

std::string ProcessPage() {
  MetricsPage page;
  AddProcessMetrics(&page);
  return page.Render();
}

TEST(ProcessMetricsTest, TellsWhatTheProcessUses) {
  const std::string page = ProcessPage();
  EXPECT_GT(ValueOf(page, "process_cpu_seconds_total"), 0);
  EXPECT_GT(ValueOf(page, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(ValueOf(page, "process_virtual_memory_bytes"), ValueOf(page, "process_resident_memory_bytes"));
  EXPECT_GE(ValueOf(page, "process_max_fds"), ValueOf(page, "process_open_fds"));
  EXPECT_GE(ValueOf(page, "process_threads"), 1);
}

TEST(ProcessMetricsTest, StartedNotLongAgo) {
  const double start = ValueOf(ProcessPage(), "process_start_time_seconds");
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(start, now + 2);  // The kernel gives the machine's start in whole seconds.
  EXPECT_GT(start, now - 600);
}

TEST(ProcessMetricsTest, CountsOpenDescriptors) {
  const double before = ValueOf(ProcessPage(), "process_open_fds");
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(ValueOf(ProcessPage(), "process_open_fds"), before + 1);
  close(fd);
  EXPECT_EQ(ValueOf(ProcessPage(), "process_open_fds"), before);
}

TEST(ProcessMetricsTest, TellsWhatWasBuilt) {
  MetricsPage page;
  AddBuildInfo(&page, "viaduct-chat", "1.2.3");
  EXPECT_NE(page.Render().find("\nviaduct_build_info{program=\"viaduct-chat\",version=\"1.2.3\",compiler=\""),
            std::string::npos);
}

}  // namespace
}  // namespace viaduct::ops
