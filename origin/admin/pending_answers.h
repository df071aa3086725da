#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "net/event_loop.h"
#include "origin/broker/cluster.h"

namespace viaduct::origin {

// The answers of the other tasks to one question, for a thread that waits for them. Thread-safe.
class PendingAnswers {
 public:
  // Asks as Cluster::Ask does.
  static std::shared_ptr<PendingAnswers> Ask(Cluster* cluster, std::string method, std::string bytes,
                                             net::Clock::time_point deadline) {
    auto pending = std::make_shared<PendingAnswers>(deadline);
    cluster->Ask(std::move(method), std::move(bytes), deadline,
                 [pending](Cluster::Answers answers) { pending->Set(std::move(answers)); });
    return pending;
  }

  explicit PendingAnswers(net::Clock::time_point deadline) : late_(deadline + kGrace) {}

  // Waits for the answers. DEADLINE_EXCEEDED if they come too late.
  Cluster::Answers Wait() {
    if (std::optional<Cluster::Answers> answers = WaitUntil(late_)) return *std::move(answers);
    return TooLate();
  }
  // Returns the answers if they have come, or Wait's error; nullopt while they may still come.
  std::optional<Cluster::Answers> Look() {
    if (std::optional<Cluster::Answers> answers = WaitUntil(net::Clock::time_point())) return answers;
    if (net::Clock::now() < late_) return std::nullopt;
    return TooLate();
  }

 private:
  // Time after the tasks' deadline in which answers may still arrive here.
  static constexpr auto kGrace = std::chrono::milliseconds(500);

  static Cluster::Answers TooLate() { return absl::DeadlineExceededError("the broker did not answer in time"); }

  void Set(Cluster::Answers answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
    come_.notify_one();
  }
  std::optional<Cluster::Answers> WaitUntil(net::Clock::time_point time) {
    std::unique_lock lock(mutex_);
    come_.wait_until(lock, time, [this] { return answers_.has_value(); });
    return std::exchange(answers_, std::nullopt);
  }

  const net::Clock::time_point late_;
  std::mutex mutex_;
  std::condition_variable come_;
  std::optional<Cluster::Answers> answers_;
};

}  // namespace viaduct::origin
