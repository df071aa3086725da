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
  // On a terminal that is too narrow, cells may be cut down to this many characters; unset: never cut.
  std::optional<std::size_t> min_width = std::nullopt;
  // On a terminal that is too narrow even so, the column with the largest number goes first; 0: never left out.
  int drop_order = 0;
};

// Rows of text under headings, aligned and fitted to a terminal.
//
// Cells are escaped as they come in, so nothing from the wire reaches the terminal raw. A value; not thread-safe. The
// headers must outlive it.
class Table {
 public:
  enum class Headers { kShown, kHidden };

  explicit Table(std::vector<Column> columns);

  // As many cells as there are columns. An empty one is shown as "-".
  void AddRow(std::vector<std::string> cells);

  // One line a row, two spaces between columns, none at the end. Without `terminal_width`, nothing is cut or left out.
  std::string Render(std::optional<std::size_t> terminal_width, Headers headers) const;

 private:
  // Shown width by column; unset: left out.
  using Layout = std::vector<std::optional<std::size_t>>;

  Layout Fit(std::optional<std::size_t> terminal_width, Headers headers) const;
  std::string RenderLine(const std::vector<std::string>& cells, const Layout& layout) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// One line a pair: its name, aligned, and its value, escaped; nothing is cut.
std::string RenderFields(std::vector<std::pair<std::string, std::string>> fields);

}  // namespace viaduct::ctl
