#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ctl/core/flag.h"

namespace viaduct::ctl {

// How a list that comes in pages is fetched. A value.
struct PageOptions {
  int page_size = 500;
  std::optional<int> limit;
  bool all = false;
};

// --page-size, --limit and --all. `page_size_help` names what is fetched, and must outlive the flags.
std::vector<Flag> PageFlags(PageOptions* options, std::string_view page_size_help);

// An error if the options contradict each other.
absl::Status CheckPageOptions(const PageOptions& options);

// --viewer, which selects viewers by an address or a CIDR.
Flag ViewerFlag(std::string* range);

// --age and --idle, which select what has been open, or without data, for so long.
Flag AgeFlag(std::optional<std::chrono::milliseconds>* age);
Flag IdleFlag(std::optional<std::chrono::milliseconds>* idle);

}  // namespace viaduct::ctl
