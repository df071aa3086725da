#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "net/event_loop.h"
#include "net/mutex.h"
#include "net/worker_pool.h"
#include "ops/program/drain.h"
#include "sidecar/config/config_in_force.h"

namespace viaduct::sidecar {

class Worker;

// Decides whether this task accepts new tunnels, and remembers who started a drain.
//
// An operator's drain ends tunnels as the config's `drain` says and keeps the port open, so that it can be cancelled.
// The end of the program is a drain that cannot be cancelled; it continues an operator's running drain.
//
// Thread-safe, but must not be called from a worker.
class DrainControl {
 public:
  // All pointers must outlive it.
  DrainControl(net::WorkerPool* pool, std::vector<Worker*> workers, const ConfigInForce* config)
      : pool_(pool), workers_(std::move(workers)), config_(config), workers_left_(workers_.size()) {}

  // Starts an operator's drain. Returns false if a drain is already running; that one continues unchanged.
  bool Drain();
  // Ends an operator's drain; tunnels that were told to close still close. Returns true if there was one, or
  // FailedPrecondition if the program is stopping.
  absl::StatusOr<bool> Cancel();
  ops::Drain Get() const;

  // Drains for the end of the program.
  void Stop();
  bool draining() const { return draining_; }
  // True if nothing is left after Stop.
  bool stopped() const { return workers_left_ == 0; }

 private:
  enum class Phase : std::uint8_t { kServing, kOperator, kStopping };

  void Begin(Phase phase) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::int64_t TunnelsOpen() const;
  // Tunnels that any drain has ended since the start.
  std::int64_t TunnelsClosed() const;

  net::WorkerPool* const pool_;
  const std::vector<Worker*> workers_;
  const ConfigInForce* const config_;
  std::atomic<bool> draining_{false};
  std::atomic<std::size_t> workers_left_;

  // Held while posting to the workers, so that all of them see the same order.
  mutable net::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kServing;
  net::Clock::time_point begin_ ABSL_GUARDED_BY(mutex_);          // of the drain
  net::Clock::time_point timeout_begin_ ABSL_GUARDED_BY(mutex_);  // of drain.timeout, which Stop starts anew
  std::int64_t open_at_start_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t closed_before_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace viaduct::sidecar
