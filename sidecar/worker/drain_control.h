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
#include "sidecar/config/config_in_force.h"

namespace viaduct::sidecar {

class Worker;

// Whether this task takes new tunnels, and who said that it should not.
//
// An operator's drain ends tunnels as the config's `drain` says, but keeps the port open, so that it can be taken back.
// The end of the program is a drain that cannot; it goes on from where an operator's has come.
//
// Thread-safe, but not to be called from a worker.
class DrainControl {
 public:
  enum class Cause : std::uint8_t { kOperator, kStop };
  enum class State : std::uint8_t {
    kServing,
    kDraining,
    kDrained,  // and no tunnel is left
  };
  struct Status {
    State state = State::kServing;
    // The rest means nothing while serving.
    Cause cause = Cause::kOperator;
    std::chrono::system_clock::time_point since;
    std::chrono::system_clock::time_point deadline;  // what is left then is cut
    std::int64_t tunnels_open = 0;
    std::uint64_t tunnels_closed = 0;  // ended by this drain
  };

  // All must outlive it.
  DrainControl(net::WorkerPool* pool, std::vector<Worker*> workers, const ConfigInForce* config)
      : pool_(pool), workers_(std::move(workers)), config_(config), workers_left_(workers_.size()) {}

  // By an operator. Whether it began: a drain that runs already goes on.
  bool Drain();
  // Ends an operator's drain; tunnels that were told to close still do. Whether there was one; FailedPrecondition when
  // the program is stopping.
  absl::StatusOr<bool> Cancel();
  Status Get() const;

  // The program stops.
  void Stop();
  bool draining() const { return draining_; }
  // Whether nothing is left after Stop.
  bool stopped() const { return workers_left_ == 0; }

 private:
  enum class Phase : std::uint8_t { kServing, kOperator, kStopping };

  void Begin(Phase phase) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::int64_t TunnelsOpen() const;
  std::uint64_t TunnelsClosed() const;

  net::WorkerPool* const pool_;
  const std::vector<Worker*> workers_;
  const ConfigInForce* const config_;
  std::atomic<bool> draining_{false};
  std::atomic<std::size_t> workers_left_;

  // Held while workers are posted to, so that all of them see the same order.
  mutable net::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kServing;
  net::Clock::time_point begin_ ABSL_GUARDED_BY(mutex_);          // of the drain
  net::Clock::time_point timeout_begin_ ABSL_GUARDED_BY(mutex_);  // of drain.timeout, which Stop starts anew
  std::uint64_t closed_before_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace viaduct::sidecar
