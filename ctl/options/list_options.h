#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ctl/core/flag.h"

namespace viaduct::ctl {

// Options for fetching a list page by page. A value.
struct PageOptions {
  int page_size = 500;
  std::optional<int> limit;
  bool all = false;
};

// --page-size, --limit and --all. `page_size_help` names what is fetched, and must outlive the flags.
std::vector<Flag> PageFlags(PageOptions* options, std::string_view page_size_help);

// Further help of a command that prints such a list.
inline constexpr std::string_view kListDetails =
    "If the terminal is too narrow, IDs are shortened, and columns left out; in a pipe nothing is cut. Commands take "
    "a\n"
    "shortened ID as it is shown. With --sort, --limit counts the first ones in that order.\n";

// Returns an error if the options contradict each other.
absl::Status CheckPageOptions(const PageOptions& options);

// Leaves the first `limit` items, if there is a limit.
template <typename Item>
void CutToLimit(const PageOptions& options, std::vector<Item>* items) {
  if (options.limit && items->size() > static_cast<std::size_t>(*options.limit)) {
    items->resize(static_cast<std::size_t>(*options.limit));
  }
}

// --viewer, which selects viewers by an address or a CIDR.
Flag ViewerFlag(std::string* range);

// --age and --idle: select what has been open, or without a data frame, for at least this long.
Flag AgeFlag(std::optional<std::chrono::milliseconds>* age);
Flag IdleFlag(std::optional<std::chrono::milliseconds>* idle);

}  // namespace viaduct::ctl
