#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "net/worker_pool.h"

namespace viaduct::net {

inline absl::Status NoAnswerInTime() { return absl::DeadlineExceededError("too busy to answer in time"); }

// Collects the answers of several workers to one question, in no particular order. Shared between the asking and the
// answering threads, whichever lives longer. Thread-safe.
template <typename Answer>
class WorkerAnswers {
 public:
  explicit WorkerAnswers(std::size_t expected) : expected_(expected) {}

  void Add(Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    if (answers_.size() == expected_) complete_.notify_one();
  }

  // Waits for all answers. Call it once.
  absl::StatusOr<std::vector<Answer>> Wait(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!complete_.wait_until(lock, deadline, [this] { return answers_.size() == expected_; })) {
      return NoAnswerInTime();
    }
    return std::move(answers_);
  }

 private:
  const std::size_t expected_;
  std::mutex mutex_;
  std::condition_variable complete_;
  std::vector<Answer> answers_;
};

// Runs `question(worker)` on the thread of every worker of `pool` and waits for the answers until `deadline`. A
// question may still run after the deadline, so it must own what it needs. Call it from any thread except a worker's.
template <typename Answer, typename Question>
absl::StatusOr<std::vector<Answer>> AskWorkers(WorkerPool* pool, Clock::time_point deadline, Question question) {
  if (Clock::now() >= deadline) return NoAnswerInTime();
  auto answers = std::make_shared<WorkerAnswers<Answer>>(pool->size());
  for (std::size_t i = 0; i < pool->size(); ++i) {
    pool->Post(i, [answers, question, i] { answers->Add(question(i)); });
  }
  return answers->Wait(deadline);
}

// The same for answers that are lists of `Item`, which are returned as one.
template <typename Item, typename Question>
absl::StatusOr<std::vector<Item>> CollectFromWorkers(WorkerPool* pool, Clock::time_point deadline, Question question) {
  absl::StatusOr<std::vector<std::vector<Item>>> answers =
      AskWorkers<std::vector<Item>>(pool, deadline, std::move(question));
  if (!answers.ok()) return answers.status();
  std::vector<Item> all;
  for (std::vector<Item>& items : *answers) std::move(items.begin(), items.end(), std::back_inserter(all));
  return all;
}

// The same as AskWorkers for one worker.
template <typename Answer, typename Question>
absl::StatusOr<Answer> AskWorker(WorkerPool* pool, std::size_t worker, Clock::time_point deadline, Question question) {
  if (Clock::now() >= deadline) return NoAnswerInTime();
  auto answers = std::make_shared<WorkerAnswers<Answer>>(1);
  pool->Post(worker, [answers, question, worker] { answers->Add(question(worker)); });
  absl::StatusOr<std::vector<Answer>> answer = answers->Wait(deadline);
  if (!answer.ok()) return answer.status();
  return std::move(answer->front());
}

}  // namespace viaduct::net
