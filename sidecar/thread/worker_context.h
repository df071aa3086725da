#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "http/field.h"
#include "net/address_tally.h"
#include "net/event_loop.h"
#include "net/pipe.h"
#include "ops/log/log_sink.h"
#include "sidecar/config/config.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/thread/access_lines.h"
#include "sidecar/thread/byte_queue.h"
#include "sidecar/thread/metrics.h"
#include "sidecar/thread/session_limits.h"
#include "sidecar/upstream/upstream_health.h"
#include "sidecar/upstream/upstream_pool.h"

namespace viaduct::sidecar {

// The kinds of new work that a thread accepts.
enum class Intake : std::uint8_t {
  kAll,       // serving
  kRequests,  // draining: requests, but no new tunnel
  kNothing,   // stopping: no further connection, and no further request on one that is idle
};

// The objects that all workers of a sidecar share. A value; all that it points to is thread-safe and must outlive the
// workers.
struct SharedByWorkers {
  ops::LogSink* sink;
  UpstreamHealth* upstream_health;
  net::AddressTally* viewers;       // by kViewerTunnels and kViewerRequests
  std::atomic<int>* open_sessions;  // of all workers together, tunnels included
  std::uint32_t process = 0;        // for the ids of tunnels
};

// Everything that the connections of one thread share. It does not know sessions and tunnels.
//
// Belongs to its loop's thread, except for metrics(), which any thread may read. Must outlive its sessions and tunnels,
// and die before the loop.
class WorkerContext {
 public:
  // `loop` must outlive it.
  WorkerContext(net::EventLoop* loop, std::shared_ptr<const SidecarConfig> config, const SessionLimits& limits,
                const SharedByWorkers& shared);
  WorkerContext(const WorkerContext&) = delete;
  WorkerContext& operator=(const WorkerContext&) = delete;

  net::EventLoop* loop() const { return loop_; }
  // The settings in force. An object that outlives the turn shares them, so that it keeps those that it began with.
  const SidecarConfig& config() const { return *config_; }
  const std::shared_ptr<const SidecarConfig>& shared_config() const { return config_; }
  const SessionLimits& limits() const { return limits_; }
  // Puts other settings in force. SidecarConfig::CheckReplaces must accept them as replacements for the current ones.
  void Apply(std::shared_ptr<const SidecarConfig> config, const SessionLimits& limits);

  SidecarMetrics& metrics() { return metrics_; }
  const SidecarMetrics& metrics() const { return metrics_; }
  AccessLines& access_lines() { return access_lines_; }
  const AccessLines& access_lines() const { return access_lines_; }

  BlockPool* blocks() { return &blocks_; }
  net::WorkerPipe* pipe() { return &pipe_; }
  // The pool of an upstream, by its index in the settings in force.
  UpstreamPool* upstream_pool(std::size_t upstream) { return upstream_pools_[upstream].get(); }
  void ClearUpstreamPools();
  UpstreamHealth* upstream_health() { return shared_.upstream_health; }
  net::AddressTally* viewers() { return shared_.viewers; }
  std::atomic<int>* open_sessions() { return shared_.open_sessions; }

  // Room for the fields of one head; they are valid until the next head of any session.
  std::span<http::Field> field_storage() { return field_storage_; }
  // Room for one read. The reader must use the bytes before it returns to the loop.
  std::span<char> scratch() { return scratch_; }
  // Room for the text of one head; valid until the next head of any session.
  std::string* head_scratch() { return &head_scratch_; }
  std::mt19937& random() { return random_; }

  Intake intake() const { return intake_; }
  void set_intake(Intake intake) { intake_ = intake; }
  bool draining() const { return intake_ != Intake::kAll; }
  bool stopping() const { return intake_ == Intake::kNothing; }
  // Returns the health to report to a load balancer's health check.
  Health health() const;

 private:
  void DeclareSecrets();

  net::EventLoop* loop_;
  const SharedByWorkers shared_;
  std::shared_ptr<const SidecarConfig> config_;
  SessionLimits limits_;
  SidecarMetrics metrics_;
  AccessLines access_lines_;
  BlockPool blocks_;
  net::WorkerPipe pipe_;
  std::vector<std::unique_ptr<UpstreamPool>> upstream_pools_;
  std::vector<http::Field> field_storage_;
  std::vector<char> scratch_;
  std::string head_scratch_;
  std::mt19937 random_;
  Intake intake_ = Intake::kAll;
};

}  // namespace viaduct::sidecar
