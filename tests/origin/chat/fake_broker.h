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

// What the brokers of a test's tasks share: the order and the history of each room, positions "1-1", "1-2" and so on.
// Thread-safe. Outlives the brokers.
class FakeCluster {
 public:
  // The broker of one more task.
  absl::StatusOr<std::unique_ptr<Broker>> Make(Broker::Listener* listener);

  // What the history of each room keeps; all by default.
  void set_kept(std::size_t messages) { kept_ = messages; }
  // While set, questions for the history wait.
  void HoldAnswers(bool hold);
  // While set, questions for the history are answered with an error.
  void set_failing(bool failing) { failing_ = failing; }
  void SetCongested(bool congested);
  // How many questions wait.
  std::size_t waiting_answers();
  // Clients of a room, of all tasks, as told.
  int Clients(std::string_view room);
  // All that was published in a room.
  std::vector<RoomMessage> Messages(std::string_view room);

 private:
  class Task;

  net::Mutex mutex_;
  std::set<Task*> tasks_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<RoomMessage>, std::less<>> rooms_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> held_ ABSL_GUARDED_BY(mutex_);
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<std::size_t> kept_{1000000};
  std::atomic<bool> failing_{false};
  std::atomic<bool> congested_{false};
};

}  // namespace viaduct::origin
