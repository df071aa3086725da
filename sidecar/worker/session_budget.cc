#include "sidecar/worker/session_budget.h"

#include <algorithm>

#include "sidecar/authorize/authorize_bounds.h"

namespace viaduct::sidecar {
namespace {

// A tunnel, and a request under way, has one on each side.
constexpr std::uint64_t kEachSession = 2;
// The two ends of a worker's pipe.
constexpr std::uint64_t kPipe = 2;

// 0 is any number.
int AtMost(int limit, int most) { return limit == 0 ? 0 : std::min(limit, most); }

}  // namespace

ops::DescriptorBudget DescriptorBudgetOf(const SidecarConfig& config) {
  std::uint64_t each_worker = ops::DescriptorBudget::kWorker + kPipe + kHealthReserve;
  std::uint64_t for_grpc = 0;
  if (config.authorize.has_value()) {
    if (config.authorize->listen.has_value()) each_worker += kMaxHttpProxyDescriptors;
    if (config.authorize->grpc_listen.has_value()) for_grpc = kMaxGrpcProxyDescriptors;
  }
  std::uint64_t probes = 0;
  for (const Upstream& upstream : config.routes.upstreams()) {
    each_worker += upstream.max_idle_connections;
    ++probes;
  }
  const auto workers = static_cast<std::uint64_t>(config.workers);
  return {.own = ops::DescriptorBudget::kOperators + for_grpc + probes + workers * each_worker, .each = kEachSession};
}

SessionLimits LimitsInForce(const SidecarConfig& config, std::uint64_t descriptors) {
  SessionLimits limits{.max_sessions = DescriptorBudgetOf(config).Fit(config.max_sessions, descriptors),
                       .max_tunnels_per_viewer = config.max_tunnels_per_viewer,
                       .max_requests_per_viewer = config.max_requests_per_viewer};
  if (limits.max_sessions == config.max_sessions) return limits;
  limits.max_tunnels_per_viewer = AtMost(limits.max_tunnels_per_viewer, DefaultViewerTunnels(limits.max_sessions));
  limits.max_requests_per_viewer = AtMost(limits.max_requests_per_viewer, DefaultViewerRequests(limits.max_sessions));
  return limits;
}

}  // namespace viaduct::sidecar
