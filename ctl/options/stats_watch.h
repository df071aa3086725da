#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ctl/core/flag.h"
#include "ctl/core/global_options.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"

namespace viaduct::ctl {

// --watch and --interval of the commands that show counts. A value.
struct StatsWatch {
  bool watch = false;
  std::chrono::milliseconds interval = std::chrono::seconds(2);
};

std::vector<Flag> StatsWatchFlags(StatsWatch* options);

// A column of a watch: its cells are aligned right. A value.
struct RateColumn {
  std::string_view header;
  std::size_t width;
};

// Returns the headers as a line, or the cells of one line, of which there is one for each column.
std::string RateHeading(std::span<const RateColumn> columns);
std::string RateLine(std::span<const RateColumn> columns, std::span<const std::string> cells);

// The increase of counts in a time, which is 0 if nothing can be compared: there is no earlier answer, or the program
// was restarted meanwhile. A value.
class Increase {
 public:
  explicit Increase(std::chrono::nanoseconds time) : seconds_(std::chrono::duration<double>(time).count()) {}

  bool known() const { return seconds_ > 0; }
  // With doubles, a difference of counts cannot overflow.
  double Of(std::int64_t from, std::int64_t to) const { return static_cast<double>(to) - static_cast<double>(from); }
  double PerSecond(std::int64_t from, std::int64_t to) const { return Of(from, to) / seconds_; }

 private:
  double seconds_;
};

// Prints a line at each interval until Ctrl-C or a failure: the cells that `row_of` makes of an answer and the one
// before it, or for a script the answers themselves. On a terminal the heading is repeated before it scrolls away.
template <typename Stats>
Outcome WatchStats(const StatsWatch& options, const GlobalOptions& global, std::span<const RateColumn> columns,
                   const std::function<Outcome(Stats* stats)>& fetch,
                   const std::function<std::vector<std::string>(const Stats* before, const Stats& now)>& row_of) {
  constexpr std::size_t kLinesPerHeading = 20;
  const bool on_terminal = TerminalWidth().has_value();
  std::optional<Stats> before;
  auto next = std::chrono::steady_clock::now();
  for (std::size_t line = 0;; ++line) {
    Stats now;
    if (const Outcome fetched = fetch(&now)) return fetched;
    const bool heading = !global.no_headers && (line == 0 || (on_terminal && line % kLinesPerHeading == 0));
    const Outcome printed = global.structured() ? PrintMessage(now, global.format)
                                                : Print((heading ? RateHeading(columns) : "") +
                                                        RateLine(columns, row_of(before ? &*before : nullptr, now)));
    if (printed) return printed;
    before = std::move(now);
    next += options.interval;
    std::this_thread::sleep_until(next);
  }
}

}  // namespace viaduct::ctl
