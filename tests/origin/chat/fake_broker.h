#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "net/mutex.h"
#include "origin/broker/broker.h"

namespace viaduct::origin {

// State shared by the brokers of a test's tasks: the order and history of each room, with positions "1-1", "1-2" and so
// on. Thread-safe. Outlives the brokers.
class FakeCluster {
 public:
  // Makes the broker of one more task.
  absl::StatusOr<std::unique_ptr<Broker>> Make(Broker::Listener* listener);

  // Sets the number of messages that each room's history keeps; all by default.
  void set_kept(std::size_t messages) { kept_ = messages; }
  // Sets the number of messages in one answer; all by default.
  void set_page(std::size_t messages) { page_ = messages; }
  // While set, questions for the history wait.
  void HoldAnswers(bool hold);
  // Answers the question that has waited longest.
  void ReleaseOneAnswer();
  // While set, questions for the history are answered with an error.
  void set_failing(bool failing) { failing_ = failing; }
  void SetCongested(bool congested);
  // The number of questions that wait.
  std::size_t waiting_answers();
  // The clients of a room on all tasks, as reported.
  int Clients(std::string_view room);
  // All messages that were published in a room.
  std::vector<RoomMessage> Messages(std::string_view room);

 private:
  class Task;

  net::Mutex mutex_;
  std::set<Task*> tasks_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<RoomMessage>, std::less<>> rooms_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> held_ ABSL_GUARDED_BY(mutex_);
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<std::size_t> kept_{1000000};
  std::atomic<std::size_t> page_{1000000};
  std::atomic<bool> failing_{false};
  std::atomic<bool> congested_{false};
};

}  // namespace viaduct::origin
