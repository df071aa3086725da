#pragma once

#include <cstdint>
#include <string_view>

#include "ops/log/logger.h"

namespace viaduct::ops {

// The descriptors that a program needs: its own, and so many for each connection that it may have. A value.
struct DescriptorBudget {
  // For operators, in both programs: 64 connections of the ops page, those of the admin API
  // (AdminServer::kMaxDescriptors), the log, files and addresses that are read now and then; and a reserve.
  static constexpr std::uint64_t kOperators = 440;
  // For each worker: its event loop's two, and its listening socket.
  static constexpr std::uint64_t kWorker = 3;

  std::uint64_t own = 0;
  std::uint64_t each = 1;

  std::uint64_t Need(int connections) const { return own + each * static_cast<std::uint64_t>(connections); }
  // Returns how many connections a process with `limit` descriptors can have: at most `wanted`, and at least 1.
  int Fit(int wanted, std::uint64_t limit) const;
};

// Warns that `field` is in force with `in_force` connections instead of `wanted`, since the process may have only
// `limit` descriptors, and says how many it needs.
void WarnOfFewDescriptors(const DescriptorBudget& budget, std::string_view field, int wanted, int in_force,
                          std::uint64_t limit, const Logger& logger);

}  // namespace viaduct::ops
