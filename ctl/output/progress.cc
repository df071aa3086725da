#include "ctl/output/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <thread>

#include "absl/strings/str_cat.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr auto kTurn = std::chrono::milliseconds(250);
constexpr std::size_t kMaxBar = 40;
constexpr std::size_t kMinBar = 5;

// Returns 0 to 100; 100 if there is nothing to do.
std::int64_t Percent(const Progress& progress) {
  if (progress.of <= 0) return 100;
  return std::clamp<std::int64_t>(progress.done * 100 / progress.of, 0, 100);
}

// Returns the columns of the terminal on standard error; 0 if it is not a terminal.
std::size_t ErrorWidth() {
  winsize size{};
  if (isatty(STDERR_FILENO) == 0) return 0;
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string CountText(const Progress& progress) { return absl::StrCat(progress.done, " of ", progress.of); }

}  // namespace

std::string ProgressBar(std::string_view what, const Progress& progress, std::size_t width) {
  const std::int64_t percent = Percent(progress);
  const std::string tail = absl::StrCat("  ", percent, "%  ", CountText(progress));
  const std::string head = absl::StrCat(std::string(what), "  ");
  const std::size_t around = Width(head) + Width(tail) + 2;
  if (width < around + kMinBar) return Truncate(head + tail.substr(2), width);
  const std::size_t bar = std::min(kMaxBar, width - around);
  const std::size_t full = bar * static_cast<std::size_t>(percent) / 100;
  return absl::StrCat(head, "[", std::string(full, '#'), std::string(bar - full, '-'), "]", tail);
}

Outcome FollowProgress(std::string_view what, const std::function<Outcome(Progress*)>& ask) {
  const std::size_t width = ErrorWidth();
  std::int64_t told = -1;
  while (true) {
    Progress progress;
    const Outcome asked = ask(&progress);
    const bool done = !asked && progress.done >= progress.of;
    if (width > 0) {
      // Rewrites or clears the line.
      const std::string bar = asked || done ? "" : ProgressBar(what, progress, width - 1);
      std::fprintf(stderr, "\r\x1b[K%s", bar.c_str());
      std::fflush(stderr);
    } else if (!asked && Percent(progress) / 10 > told) {
      told = Percent(progress) / 10;
      std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(), CountText(progress).c_str());
    }
    if (asked || done) return asked;
    std::this_thread::sleep_for(kTurn);
  }
}

}  // namespace viaduct::ctl
