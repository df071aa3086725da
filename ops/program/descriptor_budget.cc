#include "ops/program/descriptor_budget.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "ops/log/log_line.h"

namespace viaduct::ops {

int DescriptorBudget::Fit(int wanted, std::uint64_t limit) const {
  const std::uint64_t left = limit > own ? (limit - own) / each : 0;
  return static_cast<int>(std::clamp<std::uint64_t>(left, 1, static_cast<std::uint64_t>(wanted)));
}

void WarnOfFewDescriptors(const DescriptorBudget& budget, std::string_view field, int wanted, int in_force,
                          std::uint64_t limit, const Logger& logger) {
  const std::uint64_t need = budget.Need(wanted);
  logger.Log(LogLevel::kWarn, std::chrono::system_clock::now(), "descriptor limit too low",
             {{"limit", limit},
              {"wanted", need},
              {"for", field},
              {"effective", in_force},
              {"fix", absl::StrCat("set the hard limit of open files (nofile of the container's ulimits) to ", need)}});
}

}  // namespace viaduct::ops
