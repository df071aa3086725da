#include "ctl/output/table.h"

#include <algorithm>
#include <utility>

#include "absl/base/macros.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kGap = 2;

std::size_t TotalWidth(const std::vector<std::optional<std::size_t>>& layout) {
  std::size_t total = 0;
  for (const std::optional<std::size_t>& width : layout) {
    if (width) total += *width + (total > 0 ? kGap : 0);
  }
  return total;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<std::string> cells) {
  // This fails if the caller's lists of cells and columns have different lengths.
  ABSL_HARDENING_ASSERT(cells.size() == columns_.size());
  for (std::string& cell : cells) cell = cell.empty() ? "-" : Escape(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Render(std::optional<std::size_t> terminal_width, Headers headers) const {
  const Layout layout = Fit(terminal_width, headers);
  std::string text;
  if (headers == Headers::kShown) {
    std::vector<std::string> names;
    for (const Column& column : columns_) names.emplace_back(column.header);
    text = RenderLine(names, layout);
  }
  for (const std::vector<std::string>& row : rows_) text += RenderLine(row, layout);
  return text;
}

Table::Layout Table::Fit(std::optional<std::size_t> terminal_width, Headers headers) const {
  Layout layout;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = headers == Headers::kShown ? Width(columns_[i].header) : 0;
    for (const std::vector<std::string>& row : rows_) width = std::max(width, Width(row[i]));
    layout.emplace_back(width);
  }
  if (!terminal_width) return layout;

  for (std::size_t i = columns_.size(); i-- > 0 && TotalWidth(layout) > *terminal_width;) {
    if (!columns_[i].min_width) continue;
    const std::size_t excess = TotalWidth(layout) - *terminal_width;
    const std::size_t smallest = std::min(*layout[i], *columns_[i].min_width);
    layout[i] = *layout[i] - std::min(excess, *layout[i] - smallest);
  }
  while (TotalWidth(layout) > *terminal_width) {
    std::size_t victim = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!layout[i] || columns_[i].drop_order == 0) continue;
      if (victim == columns_.size() || columns_[i].drop_order > columns_[victim].drop_order) victim = i;
    }
    if (victim == columns_.size()) break;
    layout[victim] = std::nullopt;
  }
  return layout;
}

std::string Table::RenderLine(const std::vector<std::string>& cells, const Layout& layout) const {
  std::string line;
  bool first = true;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!layout[i]) continue;
    if (!first) line.append(kGap, ' ');
    first = false;
    const std::string cell = Truncate(cells[i], *layout[i]);
    line += columns_[i].align == Column::Align::kLeft ? PadRight(cell, *layout[i]) : PadLeft(cell, *layout[i]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string RenderFields(std::vector<std::pair<std::string, std::string>> fields) {
  Table table({{.header = "name"}, {.header = "value"}});
  for (auto& [name, value] : fields) table.AddRow({std::move(name), std::move(value)});
  return table.Render(std::nullopt, Table::Headers::kHidden);
}

}  // namespace viaduct::ctl
