#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ip/ip_address.h"
#include "net/address.h"
#include "net/address_tally.h"
#include "net/mutex.h"
#include "net/worker_pool.h"
#include "ops/log/log_sink.h"
#include "ops/metrics/metrics_page.h"
#include "ops/program/ops_server.h"
#include "sidecar/authorize/server/check_log.h"
#include "sidecar/config/config.h"
#include "sidecar/config/config_in_force.h"
#include "sidecar/ecs/task_protection.h"
#include "sidecar/ecs/task_protector.h"
#include "sidecar/thread/metrics.h"
#include "sidecar/thread/session_limits.h"
#include "sidecar/upstream/upstream_health.h"
#include "sidecar/upstream/upstream_prober.h"
#include "sidecar/worker/drain_control.h"
#include "sidecar/worker/session_budget.h"
#include "sidecar/worker/tunnel_control.h"
#include "sidecar/worker/worker.h"

namespace viaduct::sidecar {

// The running sidecar: one Worker for each thread, and the ops page.
//
// Must be used from one thread, except where a member says otherwise.
class Server {
 public:
  // Adds the metrics of other parts of the program to the ops page.
  using AddMetrics = std::function<void(ops::MetricsPage*)>;

  // Raises the limit of descriptors, binds all ports, then starts. `sink`, and what `add_metrics` reads, must outlive
  // it. The error names the address that could not be bound.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      std::shared_ptr<const SidecarConfig> config, ops::LogSink* sink,
      const AddMetrics& add_metrics = [](ops::MetricsPage*) {});
  // Cuts everything that is still open.
  ~Server();

  // The bound addresses, with the actual port if the config says port 0.
  const net::SocketAddress& address() const { return address_; }
  const net::SocketAddress& ops_address() const { return ops_address_; }
  // Where other proxies ask in HTTP, if they do.
  const std::optional<net::SocketAddress>& authorize_address() const { return authorize_address_; }
  // Counts and logs questions that are answered outside the workers. May be used from any thread.
  CheckLog* check_log() { return &check_log_; }

  // The settings in force. May be called from any thread.
  std::shared_ptr<const SidecarConfig> config() const { return config_.Get(); }
  // Puts other settings in force, or refuses them as SidecarConfig::CheckReplaces does. They apply to everything that
  // begins after the return; a request whose head was read before, and a tunnel, keep the settings that they began
  // with. May be called from any thread but a worker's.
  absl::Status Apply(std::shared_ptr<const SidecarConfig> config);

  // Begins the drain that api/sidecar/v1/sidecar.proto describes (Drain). Returns at once.
  void BeginDrain() { drain_->Stop(); }
  // True if nothing is left to drain.
  bool drained() const { return drain_->stopped(); }
  // Ends everything that is left.
  void Cut();

  // These may be used from any thread but a worker's.
  DrainControl& drain() { return *drain_; }
  TunnelControl& tunnels() { return *tunnels_; }
  // Returns the latest log lines of denied, refused or failed requests and of ended tunnels that contain `text`: at
  // most `most` of each kind and thread, in no particular order.
  absl::StatusOr<std::vector<std::string>> RecentEnds(std::string_view text, std::size_t most,
                                                      net::Clock::time_point deadline);
  std::chrono::system_clock::time_point start_time() const { return start_time_; }
  std::vector<const SidecarMetrics*> metrics() const;
  // The limits in force, which are lower than the config's where the process may not have enough descriptors.
  SessionLimits limits() const { return LimitsInForce(*config(), descriptors_); }
  // What one viewer has open, and may have open; 0: any number.
  struct ViewerLoad {
    int tunnels;
    int max_tunnels;
    int requests;
    int max_requests;
  };
  ViewerLoad LoadOf(const ip::IpAddress& viewer) const;

 private:
  Server(std::shared_ptr<const SidecarConfig> config, ops::LogSink* sink);
  bool full() const { return open_sessions_ >= limits().max_sessions; }
  void WarnIfLowered(const SidecarConfig& config, const SessionLimits& limits) const;
  void AddViewerMetrics();
  absl::Status StartOps();
  void StartTaskProtection();
  TaskProtection::Facts ProtectionFacts() const;

  ConfigInForce config_;
  // Held while the workers take over settings, so that all of them end up with the same.
  net::Mutex apply_mutex_;
  ops::LogSink* sink_;
  const std::chrono::system_clock::time_point start_time_ = std::chrono::system_clock::now();
  const std::uint32_t process_;      // for the ids of tunnels
  const std::uint64_t descriptors_;  // that the process may have
  std::atomic<int> open_sessions_{0};
  net::AddressTally viewers_;  // by kViewerTunnels and kViewerRequests
  net::SocketAddress address_;
  net::SocketAddress ops_address_;
  std::optional<net::SocketAddress> authorize_address_;
  ops::MetricsPage page_;
  UpstreamHealth upstream_health_;
  CheckLog check_log_;
  std::unique_ptr<net::WorkerPool> pool_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<DrainControl> drain_;
  std::unique_ptr<TunnelControl> tunnels_;
  std::unique_ptr<UpstreamProber> upstream_prober_;  // on the first worker's loop
  std::unique_ptr<TaskProtector> task_protector_;    // reads the workers' counters
  std::unique_ptr<ops::OpsServer> ops_;
};

}  // namespace viaduct::sidecar
