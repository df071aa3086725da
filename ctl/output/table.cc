#include "ctl/output/table.h"

#include <algorithm>
#include <utility>

#include "absl/base/macros.h"
#include "ctl/output/text.h"
#include "ctl/output/tone.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kGap = 2;
// The indentation of lines below a row.
constexpr std::size_t kIndent = 4;
// The least room for a value on such a line.
constexpr std::size_t kMinValue = 20;

// Returns what `cell` is in a column of this width: one line, or several if it is wrapped.
std::vector<std::string> LinesOf(const std::string& cell, const Column& column, std::size_t width) {
  if (column.narrow == Column::Narrow::kWrap) return Wrap(cell, width);
  return {Truncate(cell, width)};
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<std::string> cells) {
  // This fails if the caller's lists of cells and columns have different lengths.
  ABSL_HARDENING_ASSERT(cells.size() == columns_.size());
  for (std::string& cell : cells) cell = cell.empty() ? "-" : Escape(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Render(const Look& look) const {
  const Layout layout = Fit(look);
  std::string text;
  if (look.headers) {
    std::vector<std::string> names;
    for (const Column& column : columns_) names.emplace_back(column.header);
    text = RenderRow(names, layout, false);
  }
  for (const std::vector<std::string>& row : rows_) {
    text += RenderRow(row, layout, look.color);
    if (look.width) text += RenderBelow(row, layout, *look.width);
  }
  return text;
}

Table::Layout Table::Fit(const Look& look) const {
  Layout layout(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].only_wide && !look.wide) layout[i].kind = Place::Kind::kHidden;
    layout[i].width = look.headers ? Width(columns_[i].header) : 0;
    for (const std::vector<std::string>& row : rows_) layout[i].width = std::max(layout[i].width, Width(row[i]));
  }
  if (look.width && !look.wide) MakeRoom(*look.width, &layout);
  return layout;
}

std::size_t Table::Smallest(std::size_t column, const Layout& layout) const {
  const std::size_t natural = layout[column].width;
  return std::min(natural, columns_[column].min_width.value_or(natural));
}

void Table::MakeRoom(std::size_t width, Layout* layout) const {
  const auto total = [&](const auto& width_of) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < layout->size(); ++i) {
      if ((*layout)[i].kind == Place::Kind::kShown) sum += width_of(i) + (sum > 0 ? kGap : 0);
    }
    return sum;
  };
  const auto smallest = [&](std::size_t i) { return Smallest(i, *layout); };
  // Moves the shown columns of the largest order to `kind`; returns false if there are none.
  const auto move = [&](int Column::* order, Place::Kind kind) {
    int largest = 0;
    for (std::size_t i = 0; i < layout->size(); ++i) {
      if ((*layout)[i].kind == Place::Kind::kShown) largest = std::max(largest, columns_[i].*order);
    }
    for (std::size_t i = 0; i < layout->size() && largest > 0; ++i) {
      Place& place = (*layout)[i];
      if (place.kind == Place::Kind::kShown && columns_[i].*order == largest) place.kind = kind;
    }
    return largest > 0;
  };
  while (total(smallest) > width) {
    if (!move(&Column::below_order, Place::Kind::kBelow) && !move(&Column::drop_order, Place::Kind::kHidden)) break;
  }
  // The widest column that may become narrower gives way first.
  const std::vector<std::size_t> least = [&] {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < layout->size(); ++i) widths.push_back(smallest(i));
    return widths;
  }();
  while (total([&](std::size_t i) { return (*layout)[i].width; }) > width) {
    Place* widest = nullptr;
    for (std::size_t i = 0; i < layout->size(); ++i) {
      Place& place = (*layout)[i];
      if (place.kind != Place::Kind::kShown || place.width <= least[i]) continue;
      if (widest == nullptr || place.width >= widest->width) widest = &place;
    }
    if (widest == nullptr) break;
    --widest->width;
  }
}

std::string Table::RenderRow(const std::vector<std::string>& cells, const Layout& layout, bool color) const {
  std::vector<std::vector<std::string>> lines_of;
  std::size_t height = 1;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    lines_of.push_back(LinesOf(cells[i], columns_[i], layout[i].width));
    if (layout[i].kind == Place::Kind::kShown) height = std::max(height, lines_of[i].size());
  }
  std::string text;
  for (std::size_t row = 0; row < height; ++row) {
    std::string line;
    std::size_t padding = 0;
    bool first = true;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (layout[i].kind != Place::Kind::kShown) continue;
      const std::string part = row < lines_of[i].size() ? lines_of[i][row] : "";
      const std::size_t missing = layout[i].width - std::min(layout[i].width, Width(part));
      const bool right = columns_[i].align == Column::Align::kRight;
      padding += (first ? 0 : kGap) + (right ? missing : 0);
      first = false;
      // Spaces are written only when something follows them.
      if (!part.empty()) {
        line.append(padding, ' ').append(color && columns_[i].toned ? Colored(part, ToneOf(cells[i])) : part);
        padding = 0;
      }
      padding += right ? 0 : missing;
    }
    text += line + "\n";
  }
  return text;
}

std::string Table::RenderBelow(const std::vector<std::string>& cells, const Layout& layout, std::size_t width) const {
  std::size_t names = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (layout[i].kind == Place::Kind::kBelow) names = std::max(names, Width(columns_[i].header));
  }
  const std::size_t begin = kIndent + names + kGap;
  const std::size_t room = std::max(kMinValue, width - std::min(width, begin));
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (layout[i].kind != Place::Kind::kBelow || cells[i] == "-") continue;
    std::string lead = std::string(kIndent, ' ') + PadRight(columns_[i].header, names + kGap);
    for (const std::string& line : Wrap(cells[i], room)) {
      text += lead + line + "\n";
      lead.assign(begin, ' ');
    }
  }
  return text;
}

std::string RenderFields(const std::vector<std::pair<std::string, std::string>>& fields, const Look& look) {
  std::size_t names = 0;
  for (const auto& [name, value] : fields) names = std::max(names, Width(name));
  const std::size_t begin = names + kGap;
  std::string text;
  for (const auto& [name, value] : fields) {
    const std::string shown = value.empty() ? "-" : Escape(value);
    const bool toned = look.color && (name == "state" || name == "verdict");
    std::string lead = PadRight(name, begin);
    const std::size_t room =
        look.width ? std::max(kMinValue, *look.width - std::min(*look.width, begin)) : Width(shown);
    for (const std::string& line : Wrap(shown, room)) {
      text += lead + (toned ? Colored(line, ToneOf(value)) : line) + "\n";
      lead.assign(begin, ' ');
    }
  }
  return text;
}

}  // namespace viaduct::ctl
