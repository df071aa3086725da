#include "sidecar/thread/worker_context.h"

#include <algorithm>
#include <utility>

namespace viaduct::sidecar {
namespace {

// Room in a block for what forwarding adds to the largest head.
constexpr std::size_t kHeadSlack = 4 * 1024;
// The most bytes that a tunnel reads at once.
constexpr std::size_t kScratchBytes = 64 * 1024;

}  // namespace

WorkerContext::WorkerContext(net::EventLoop* loop, std::shared_ptr<const SidecarConfig> config,
                             const SessionLimits& limits, const SharedByWorkers& shared)
    : loop_(loop),
      shared_(shared),
      config_(std::move(config)),
      limits_(limits),
      access_lines_(loop, shared.sink, &metrics_),
      blocks_(config_->head_limits.max_head_bytes + kHeadSlack),
      field_storage_(config_->head_limits.max_fields),
      scratch_(kScratchBytes),
      random_(std::random_device{}()) {
  DeclareSecrets();
  for (const Upstream& upstream : config_->routes.upstreams()) {
    upstream_pools_.push_back(
        std::make_unique<UpstreamPool>(loop, upstream.max_idle_connections, upstream.idle_timeout));
  }
}

void WorkerContext::Apply(std::shared_ptr<const SidecarConfig> config, const SessionLimits& limits) {
  limits_ = limits;
  std::vector<std::unique_ptr<UpstreamPool>> pools;
  for (const Upstream& upstream : config->routes.upstreams()) {
    const std::vector<Upstream>& old = config_->routes.upstreams();
    const auto same =
        std::ranges::find_if(old, [&upstream](const Upstream& other) { return SameUpstream(upstream, other); });
    // Each upstream of a config has its own address, so no pool is taken twice.
    pools.push_back(same != old.end()
                        ? std::move(upstream_pools_[static_cast<std::size_t>(same - old.begin())])
                        : std::make_unique<UpstreamPool>(loop_, upstream.max_idle_connections, upstream.idle_timeout));
  }
  upstream_pools_ = std::move(pools);
  config_ = std::move(config);
  // The storage never shrinks, because earlier requests keep their limits.
  field_storage_.resize(std::max(field_storage_.size(), std::size_t{config_->head_limits.max_fields}));
  DeclareSecrets();
}

// Exports the series of each generation from the moment at which it can match.
void WorkerContext::DeclareSecrets() {
  for (const std::string& generation : config_->policy->secret().generations()) {
    metrics_.secret_matches.Declare(generation);
  }
}

void WorkerContext::ClearUpstreamPools() {
  for (const auto& pool : upstream_pools_) pool->Clear();
}

Health WorkerContext::health() const {
  if (draining()) return Health::kDraining;
  return shared_.upstream_health->down() ? Health::kUpstreamDown : Health::kGood;
}

}  // namespace viaduct::sidecar
