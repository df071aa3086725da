#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/worker_pool.h"
#include "ops/log_sink.h"
#include "ops/metrics_page.h"
#include "ops/ops_server.h"
#include "sidecar/config.h"
#include "sidecar/upstream_health.h"
#include "sidecar/upstream_prober.h"
#include "sidecar/worker.h"

namespace viaduct {

// The running sidecar: one Worker a thread, and the ops page.
//
// To be used from one thread.
class Server {
 public:
  // Binds all ports, then starts. `sink` must outlive it. The error names the address that could not be had.
  static absl::StatusOr<std::unique_ptr<Server>> Start(SidecarConfig config, LogSink* sink);
  // Cuts what is still open.
  ~Server();

  // The bound addresses: with port 0 in the config, the ones to use.
  const SocketAddress& address() const { return address_; }
  const SocketAddress& ops_address() const { return ops_address_; }

  // Begins what api/sidecar/v1/sidecar.proto says of Drain. Returns at once.
  void BeginDrain();
  // Whether nothing is left to drain.
  bool drained() const { return workers_left_.load() == 0; }
  // Ends what is left.
  void Cut();

 private:
  Server(SidecarConfig config, LogSink* sink);
  absl::Status StartOps();

  SidecarConfig config_;
  LogSink* sink_;
  std::atomic<int> open_sessions_{0};
  std::atomic<bool> draining_{false};
  std::atomic<std::size_t> workers_left_{1};
  SocketAddress address_;
  SocketAddress ops_address_;
  MetricsPage page_;
  UpstreamHealth upstream_health_;
  std::unique_ptr<WorkerPool> pool_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<UpstreamProber> upstream_prober_;  // on the first worker's loop
  std::unique_ptr<OpsServer> ops_;
};

}  // namespace viaduct
