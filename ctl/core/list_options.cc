#include "ctl/core/list_options.h"

#include <limits>

namespace viaduct::ctl {

std::vector<Flag> PageFlags(PageOptions* options) {
  constexpr int kMaxPageSize = 1000;
  return {
      {.name = "page-size",
       .value = "N",
       .help = "so many a call, up to 1000 (default 500)",
       .read = ReadNumber(&options->page_size, 1, kMaxPageSize)},
      {.name = "limit",
       .value = "N",
       .help = "stop after the N oldest",
       .read = ReadNumber(&options->limit, 1, std::numeric_limits<int>::max())},
      {.name = "all", .help = "all of them, which is the default", .read = ReadSwitch(&options->all)},
  };
}

absl::Status CheckPageOptions(const PageOptions& options) {
  if (!options.all || !options.limit) return absl::OkStatus();
  return absl::InvalidArgumentError("give either --all or --limit, not both");
}

Flag ViewerFlag(std::string* range) {
  return {.name = "viewer",
          .value = "PREFIX",
          .help = "only viewers in it: 203.0.113.0/24 or an address",
          .read = ReadText(range)};
}

Flag AgeFlag(std::optional<std::chrono::milliseconds>* age) {
  return {.name = "age", .value = "DURATION", .help = "only those that are open for so long", .read = ReadSpan(age)};
}

Flag IdleFlag(std::optional<std::chrono::milliseconds>* idle) {
  return {.name = "idle",
          .value = "DURATION",
          .help = "only those without a data frame for so long",
          .read = ReadSpan(idle)};
}

}  // namespace viaduct::ctl
