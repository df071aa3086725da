#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "net/mutex.h"
#include "net/worker_pool.h"
#include "ops/program/drain.h"
#include "origin/worker/chat_shared.h"
#include "origin/worker/chat_worker.h"

namespace viaduct::origin {

// Decides whether this task takes new connections, and records the reason why it does not.
//
// An operator's drain closes connections evenly over a time and keeps the port open, so that it can be taken back. The
// end of the program is a drain that cannot be taken back; Chat::Drain carries it out and reports it here.
//
// Thread-safe, but must not be called from a worker.
class DrainControl {
 public:
  // All pointers must outlive it.
  DrainControl(net::WorkerPool* pool, std::vector<ChatWorker*> workers, ChatShared* shared)
      : pool_(pool), workers_(std::move(workers)), shared_(shared) {}

  // Starts an operator's drain. Returns false if a drain is already running; that one continues unchanged.
  bool Drain(std::chrono::nanoseconds spread);
  // Ends an operator's drain; connections that were not closed yet stay open. Returns true if there was one, or
  // FailedPrecondition when the program is stopping.
  absl::StatusOr<bool> Cancel();
  // Records that the program is stopping.
  void Stop();
  ops::Drain Get() const;

  // Calls `observer` with true if the task serves, now and on every change, on the thread that makes the change. An
  // empty function removes the observer; a call in progress ends first.
  void Observe(std::function<void(bool serving)> observer);

 private:
  enum class Phase : std::uint8_t { kServing, kOperator, kStopping };

  void Begin(Phase phase, std::chrono::nanoseconds spread) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Connections that any drain has closed since the start.
  std::int64_t Closed() const;

  net::WorkerPool* const pool_;
  const std::vector<ChatWorker*> workers_;
  ChatShared* const shared_;

  // Held while workers are posted to, so that all of them see the same order.
  mutable net::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kServing;
  ops::Drain::Time since_ ABSL_GUARDED_BY(mutex_);
  ops::Drain::Time stop_time_ ABSL_GUARDED_BY(mutex_);
  std::chrono::nanoseconds spread_ ABSL_GUARDED_BY(mutex_){0};
  std::int64_t open_at_start_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t closed_before_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void(bool serving)> observer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::origin
