#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "net/mutex.h"
#include "net/worker_pool.h"
#include "origin/worker/chat_worker.h"

namespace viaduct::origin {

// Whether this task takes new connections, and who said that it should not.
//
// An operator's drain closes connections evenly over a time, and keeps the port open, so that it can be taken back. The
// end of the program is a drain that cannot; who does that tells it here.
//
// Thread-safe, but not to be called from a worker.
class ChatDrain {
 public:
  enum class Cause : std::uint8_t { kOperator, kStop };
  enum class State : std::uint8_t {
    kServing,
    kDraining,
    kDrained,  // and no connection is left
  };
  struct Status {
    State state = State::kServing;
    std::int64_t connections_open = 0;
    // The rest means nothing while serving.
    Cause cause = Cause::kOperator;
    std::chrono::system_clock::time_point since = {};
    std::chrono::system_clock::time_point spread_end = {};
    std::int64_t connections_at_start = 0;
  };

  // All must outlive it.
  ChatDrain(net::WorkerPool* pool, std::vector<ChatWorker*> workers, ChatShared* shared)
      : pool_(pool), workers_(std::move(workers)), shared_(shared) {}

  // By an operator. Whether it began: a drain that runs already goes on as it was begun.
  bool Drain(std::chrono::nanoseconds spread);
  // Ends an operator's drain; what was not closed yet stays open. Whether there was one; FailedPrecondition when the
  // program is stopping.
  absl::StatusOr<bool> Cancel();
  // The program stops.
  void Stop();
  Status Get() const;

  // Calls `told` with whether the task serves, now and whenever that changes, on the thread that changes it. An empty
  // function: no longer; one that runs meanwhile ends first.
  void Tell(std::function<void(bool serving)> told);

 private:
  enum class Phase : std::uint8_t { kServing, kOperator, kStopping };

  void Begin(Phase phase, std::chrono::nanoseconds spread) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  net::WorkerPool* const pool_;
  const std::vector<ChatWorker*> workers_;
  ChatShared* const shared_;

  // Held while workers are posted to, so that all of them see the same order.
  mutable net::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kServing;
  std::chrono::system_clock::time_point since_ ABSL_GUARDED_BY(mutex_);
  std::chrono::nanoseconds spread_ ABSL_GUARDED_BY(mutex_){0};
  std::int64_t connections_at_start_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void(bool serving)> told_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::origin
