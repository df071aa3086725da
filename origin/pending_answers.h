#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "net/event_loop.h"
#include "origin/cluster.h"

namespace viaduct {

// The answers to one question, for the thread that waits for them. Shared by who asks and who answers. Thread-safe.
class PendingAnswers {
 public:
  void Set(Cluster::Answers answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
    come_.notify_one();
  }

  // nullopt if none come in time.
  std::optional<Cluster::Answers> Wait(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    come_.wait_until(lock, deadline, [this] { return answers_.has_value(); });
    return std::move(answers_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable come_;
  std::optional<Cluster::Answers> answers_;
};

}  // namespace viaduct
