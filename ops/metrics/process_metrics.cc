#include "ops/metrics/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace viaduct::ops {
namespace {

// Field numbers of /proc/PID/stat as in proc(5), which counts from 1.
constexpr std::size_t kThreadsField = 20;
constexpr std::size_t kStartTicksField = 22;
constexpr std::size_t kVirtualBytesField = 23;
constexpr std::size_t kResidentPagesField = 24;

std::string ReadProcFile(const char* path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<double> ToNumber(absl::string_view text) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number)) return std::nullopt;
  return number;
}

// Returns a number from /proc/self/stat. Its second field is the program's name in parentheses, which may contain
// spaces.
std::optional<double> StatField(std::size_t field) {
  const std::string stat = ReadProcFile("/proc/self/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 2 > stat.size()) return std::nullopt;
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(name_end + 2), ' ');
  const std::size_t index = field - 3;
  return index < fields.size() ? ToNumber(fields[index]) : std::nullopt;
}

// Returns when the machine started, in seconds since 1970.
std::optional<double> BootTime() {
  const std::string stat = ReadProcFile("/proc/stat");
  for (const absl::string_view line : absl::StrSplit(stat, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words.size() == 2 && words[0] == "btime") return ToNumber(words[1]);
  }
  return std::nullopt;
}

std::optional<double> StartTime() {
  const std::optional<double> boot = BootTime();
  const std::optional<double> ticks = StatField(kStartTicksField);
  if (!boot.has_value() || !ticks.has_value()) return std::nullopt;
  return *boot + *ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::optional<double> CpuSeconds() {
  timespec used{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return std::nullopt;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

std::optional<double> ResidentBytes() {
  const std::optional<double> pages = StatField(kResidentPagesField);
  if (!pages.has_value()) return std::nullopt;
  return *pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::optional<double> OpenFds() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return std::nullopt;
  int entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries - 3;  // ".", ".." and the descriptor of the directory itself.
}

std::optional<double> MaxFds() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

MetricsPage::Samples OneOrNone(std::function<std::optional<double>()> read) {
  return [read = std::move(read)]() -> std::vector<MetricSample> {
    const std::optional<double> value = read();
    if (!value.has_value()) return {};
    return {{.labels = {}, .value = *value}};
  };
}

}  // namespace

void AddProcessMetrics(MetricsPage* page) {
  page->AddCounter("process_cpu_seconds_total", "CPU time used, user and system, in seconds.", OneOrNone(CpuSeconds));
  page->AddGauge("process_start_time_seconds", "When the process started, in seconds since 1970.",
                 OneOrNone(StartTime));
  page->AddGauge("process_resident_memory_bytes", "Resident memory.", OneOrNone(ResidentBytes));
  page->AddGauge("process_virtual_memory_bytes", "Memory mapped.",
                 OneOrNone([] { return StatField(kVirtualBytesField); }));
  page->AddGauge("process_open_fds", "Open file descriptors.", OneOrNone(OpenFds));
  page->AddGauge("process_max_fds", "The limit of open file descriptors.", OneOrNone(MaxFds));
  page->AddGauge("process_threads", "Threads.", OneOrNone([] { return StatField(kThreadsField); }));
}

void AddBuildInfo(MetricsPage* page, std::string program, std::string version) {
  MetricLabels labels = {{"program", std::move(program)}, {"version", std::move(version)}, {"compiler", __VERSION__}};
  page->AddGauge("viaduct_build_info", "The version and the compiler of this build.",
                 [labels = std::move(labels)] { return std::vector<MetricSample>{{.labels = labels, .value = 1}}; });
}

}  // namespace viaduct::ops
