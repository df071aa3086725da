#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/program/descriptor_budget.h"
#include "sidecar/config/config.h"
#include "sidecar/thread/session_limits.h"

namespace viaduct::sidecar {

// The connections beyond limits.max_sessions that each worker lets in all the same, to be asked for the health path
// only. More than the listener accepts in half a turn, so that a health check is read before many others come.
inline constexpr std::size_t kHealthReserve = 32;

// The descriptors that a sidecar with these settings needs.
ops::DescriptorBudget DescriptorBudgetOf(const SidecarConfig& config);

// The limits in force of a process that may have `descriptors` open: where those are too few for limits.max_sessions,
// fewer sessions, and no viewer more of them than it would have by default.
SessionLimits LimitsInForce(const SidecarConfig& config, std::uint64_t descriptors);

}  // namespace viaduct::sidecar
