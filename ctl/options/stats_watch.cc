#include "ctl/options/stats_watch.h"

#include "ctl/output/text.h"

namespace viaduct::ctl {

std::vector<Flag> StatsWatchFlags(StatsWatch* options) {
  return {{.name = "watch",
           .help = "print a line of rates at each interval until Ctrl-C",
           .read = ReadSwitch(&options->watch)},
          {.name = "interval",
           .value = "DURATION",
           .help = "time between the lines of --watch (default 2s)",
           .read = ReadTimeout(&options->interval)}};
}

std::string RateHeading(std::span<const RateColumn> columns) {
  std::vector<std::string> headers;
  for (const RateColumn& column : columns) headers.emplace_back(column.header);
  return RateLine(columns, headers);
}

std::string RateLine(std::span<const RateColumn> columns, std::span<const std::string> cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line.append("  ");
    line.append(PadLeft(cells[i], columns[i].width));
  }
  return line + "\n";
}

}  // namespace viaduct::ctl
