#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/output/look.h"

namespace viaduct::ctl {

struct Column {
  enum class Align { kLeft, kRight };
  // How a cell is fitted into fewer characters than it has.
  enum class Narrow { kCut, kWrap };

  std::string_view header;
  Align align = Align::kLeft;
  // If the terminal is too narrow, cells are fitted into this many characters, or more; unset: they never are.
  std::optional<std::size_t> min_width = std::nullopt;
  Narrow narrow = Narrow::kCut;
  // If that is not enough, columns move to lines of their own below their row, the largest number first; 0: never.
  int below_order = 0;
  // If that is not enough either, columns are left out, the largest number first; 0: the column is never left out.
  int drop_order = 0;
  // Shown only in a wide table.
  bool only_wide = false;
  // Cells are words with a tone, which may be coloured.
  bool toned = false;
};

// Rows of text under headings, aligned and fitted to a terminal.
//
// Cells are escaped when they are added, so that nothing from the wire reaches the terminal raw. A value; not
// thread-safe. The headers must outlive it.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // Adds as many cells as there are columns. An empty cell is shown as "-".
  void AddRow(std::vector<std::string> cells);

  // Returns the rows, with two spaces between columns and none at the end of a line. Without a width, or if the look is
  // wide, each row is one line, and nothing is cut or left out.
  std::string Render(const Look& look) const;

 private:
  // The place of one column.
  struct Place {
    enum class Kind { kShown, kBelow, kHidden };
    Kind kind = Kind::kShown;
    std::size_t width = 0;
  };
  using Layout = std::vector<Place>;

  Layout Fit(const Look& look) const;
  std::size_t Smallest(std::size_t column, const Layout& layout) const;
  void MakeRoom(std::size_t width, Layout* layout) const;
  std::string RenderRow(const std::vector<std::string>& cells, const Layout& layout, bool color) const;
  std::string RenderBelow(const std::vector<std::string>& cells, const Layout& layout, std::size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// One line per pair: its name, aligned, and its value, escaped. On a terminal, a longer value goes on below itself. The
// values of "state" and "verdict" have a tone.
std::string RenderFields(const std::vector<std::pair<std::string, std::string>>& fields, const Look& look = {});

}  // namespace viaduct::ctl
