#include "ctl/options/list_options.h"

#include <limits>

namespace viaduct::ctl {

std::vector<Flag> PageFlags(PageOptions* options, std::string_view page_size_help) {
  constexpr int kMaxPageSize = 1000;
  return {
      {.name = "page-size",
       .value = "N",
       .help = page_size_help,
       .read = ReadNumber(&options->page_size, 1, kMaxPageSize)},
      {.name = "limit",
       .value = "N",
       .help = "list only the first N",
       .read = ReadNumber(&options->limit, 1, std::numeric_limits<int>::max())},
      {.name = "all", .help = "list all of them (the default)", .read = ReadSwitch(&options->all)},
  };
}

absl::Status CheckPageOptions(const PageOptions& options) {
  if (!options.all || !options.limit) return absl::OkStatus();
  return absl::InvalidArgumentError("give either --all or --limit, not both");
}

Flag ViewerFlag(std::string* range) {
  return {.name = "viewer",
          .value = "RANGE",
          .help = "only viewers in this range: an address, or a CIDR like 203.0.113.0/24",
          .read = ReadText(range)};
}

Flag AgeFlag(std::optional<std::chrono::milliseconds>* age) {
  return {.name = "age", .value = "DURATION", .help = "only those open for at least this long", .read = ReadSpan(age)};
}

Flag IdleFlag(std::optional<std::chrono::milliseconds>* idle) {
  return {.name = "idle",
          .value = "DURATION",
          .help = "only those without a data frame for at least this long",
          .read = ReadSpan(idle)};
}

}  // namespace viaduct::ctl
