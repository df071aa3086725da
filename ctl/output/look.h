#pragma once

#include <cstddef>
#include <optional>

namespace viaduct::ctl {

// The appearance of text for people. A value.
struct Look {
  // The columns of the terminal; unset: lines may have any length.
  std::optional<std::size_t> width = std::nullopt;
  // Tables begin with a line of headers.
  bool headers = true;
  // Words that need attention are coloured.
  bool color = false;
  // Tables have their further columns, and nothing is cut or left out.
  bool wide = false;
};

}  // namespace viaduct::ctl
