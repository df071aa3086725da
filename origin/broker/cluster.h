#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"

namespace viaduct::origin {

// Questions and announcements between the tasks of one chat, for operators who ask all of them.
// Delivery is at most once: a question or announcement is lost while tasks cannot reach each other, and the caller
// learns
// which tasks did not answer. Messages of clients go through the Broker instead.
//
// Thread-safe. Handlers are called on the broker's thread and must not block it.
class Cluster {
 public:
  // The answer of one task.
  struct Answer {
    std::string task;
    // The task's own error, UNAVAILABLE if it did not answer in time, or UNIMPLEMENTED if it does not serve the method.
    absl::StatusOr<std::string> bytes;
  };
  // One for each task, ordered by name. An error, such as UNAVAILABLE, if nobody could be asked.
  using Answers = absl::StatusOr<std::vector<Answer>>;
  // May be called once, from any thread. If it is destroyed without a call, the task answers UNAVAILABLE.
  using Reply = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  using Method = std::function<void(std::string bytes, Reply reply)>;
  using Topic = std::function<void(std::string_view task, std::string_view bytes)>;

  virtual ~Cluster() = default;

  // The name of this task: unique for ever, at most 64 characters of [A-Za-z0-9._-].
  virtual const std::string& task() const = 0;

  // Asks every live task except this one. `done` is called once, on the broker's thread, when all have answered or the
  // deadline has passed. A task counts as live until its presence expires, so for a while a killed task is among those
  // that did not answer.
  virtual void Ask(std::string method, std::string bytes, net::Clock::time_point deadline,
                   absl::AnyInvocable<void(Answers)> done) = 0;
  // Answers questions of other tasks for `method`. An empty handler removes the previous one; a call in progress ends
  // first, unless this is its own thread.
  virtual void Serve(std::string method, Method handler) = 0;

  // Sends to all other tasks that listen to `topic`, each at most once and in the order of this task's calls.
  virtual void Announce(std::string topic, std::string bytes) = 0;
  // Handles announcements for `topic`; the rules are those of Serve.
  virtual void Listen(std::string topic, Topic handler) = 0;
};

}  // namespace viaduct::origin
