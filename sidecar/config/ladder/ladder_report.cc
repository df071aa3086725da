#include "sidecar/config/ladder/ladder_report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "text/duration_text.h"

namespace viaduct::sidecar {
namespace {

std::string SideText(const Rung::Side& side) {
  return absl::StrCat(side.name, " ", side.time.has_value() ? text::DurationText(*side.time) : "off");
}

// Returns the side's text with field paths shortened: "timeouts.response_timeout" is "response_timeout".
std::string ShortText(const Rung::Side& side) {
  std::string text;
  for (const absl::string_view word : absl::StrSplit(SideText(side), ' ')) {
    const std::size_t dot = word.rfind('.');
    absl::StrAppend(&text, text.empty() ? "" : " ", dot == absl::string_view::npos ? word : word.substr(dot + 1));
  }
  return text;
}

using Row = std::array<std::string, 4>;

std::string AlignedRow(const Row& row, const std::array<std::size_t, 4>& widths) {
  std::string line = "#  ";
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool last = i + 1 == row.size();
    absl::StrAppend(&line, row[i], last ? "" : std::string(widths[i] - row[i].size() + 2, ' '));
  }
  return line + "\n";
}

}  // namespace

std::string LadderTable(const std::vector<Rung>& ladder) {
  std::vector<Row> rows = {{"", "rung", "must be shorter", "than"}};
  for (const Rung& rung : ladder) {
    rows.push_back({std::string(kRungStates.Name(rung.state)), std::string(kRungIds.Name(rung.id)),
                    ShortText(rung.shorter), ShortText(rung.longer)});
  }
  std::array<std::size_t, 4> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string table = "# Timeout ladder\n";
  for (const Row& row : rows) table += AlignedRow(row, widths);
  for (const Rung& rung : ladder) {
    if (rung.state == RungState::kHolds) continue;
    absl::StrAppend(&table, "# ", std::string(kRungStates.Name(rung.state)), ": ", std::string(kRungIds.Name(rung.id)),
                    ": ", std::string(rung.problem));
    absl::StrAppend(&table, "; ", rung.fix, "\n");
  }
  return table;
}

void LogWrongRungs(const std::vector<Rung>& ladder, const ops::Logger& logger) {
  for (const Rung& rung : ladder) {
    if (rung.state != RungState::kWrong) continue;
    logger.Log(ops::LogLevel::kWarn, std::chrono::system_clock::now(), "timeouts in the wrong order",
               {{"rung", kRungIds.Name(rung.id)},
                {"shorter", SideText(rung.shorter)},
                {"longer", SideText(rung.longer)},
                {"problem", rung.problem},
                {"fix", rung.fix}});
  }
}

}  // namespace viaduct::sidecar
