#pragma once

#include <chrono>
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

// Returns an error if the options contradict each other.
absl::Status CheckPageOptions(const PageOptions& options);

// --viewer, which selects viewers by an address or a CIDR.
Flag ViewerFlag(std::string* range);

// --age and --idle: select what has been open, or without a data frame, for at least this long.
Flag AgeFlag(std::optional<std::chrono::milliseconds>* age);
Flag IdleFlag(std::optional<std::chrono::milliseconds>* idle);

}  // namespace viaduct::ctl
