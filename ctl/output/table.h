#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct::ctl {

struct Column {
  enum class Align { kLeft, kRight };

  std::string_view header;
  Align align = Align::kLeft;
  // Cells may be cut to this many characters if the terminal is too narrow; unset: they are never cut.
  std::optional<std::size_t> min_width = std::nullopt;
  // If that is not enough, columns are left out, the largest number first; 0: the column is never left out.
  int drop_order = 0;
};

// Rows of text under headings, aligned and fitted to a terminal.
//
// Cells are escaped when they are added, so that nothing from the wire reaches the terminal raw. A value; not
// thread-safe. The headers must outlive it.
class Table {
 public:
  enum class Headers { kShown, kHidden };

  explicit Table(std::vector<Column> columns);

  // Adds as many cells as there are columns. An empty cell is shown as "-".
  void AddRow(std::vector<std::string> cells);

  // Returns one line per row, with two spaces between columns and none at the end. Without `terminal_width`, nothing is
  // cut or left out.
  std::string Render(std::optional<std::size_t> terminal_width, Headers headers) const;

 private:
  // The shown width of each column; unset if the column is left out.
  using Layout = std::vector<std::optional<std::size_t>>;

  Layout Fit(std::optional<std::size_t> terminal_width, Headers headers) const;
  std::string RenderLine(const std::vector<std::string>& cells, const Layout& layout) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// One line per pair: its name, aligned, and its value, escaped. Nothing is cut.
std::string RenderFields(std::vector<std::pair<std::string, std::string>> fields);

}  // namespace viaduct::ctl
