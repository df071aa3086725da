#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"

namespace viaduct::origin {

// Questions and announcements between the tasks of one chat: for what an operator asks of all of them.
//
// At most once: what is asked or announced while the way between tasks is broken is lost, and the asker is told which
// tasks did not answer. It is not for messages of clients; those go through the Broker.
//
// Thread-safe. Handlers are called on the broker's thread and must not block it.
class Cluster {
 public:
  // What one task said.
  struct Answer {
    std::string task;
    // Its own error, or UNAVAILABLE when it did not answer in time, UNIMPLEMENTED when it serves no such method.
    absl::StatusOr<std::string> bytes;
  };
  // By task, in the order of their names. An error: nobody could be asked, e.g. UNAVAILABLE.
  using Answers = absl::StatusOr<std::vector<Answer>>;
  // May be called once, from any thread; dropped uncalled, the task answers UNAVAILABLE.
  using Reply = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  using Method = std::function<void(std::string bytes, Reply reply)>;
  using Topic = std::function<void(std::string_view task, std::string_view bytes)>;

  virtual ~Cluster() = default;

  // The name of this task: unique for ever, at most 64 of [A-Za-z0-9._-].
  virtual const std::string& task() const = 0;

  // Asks every other live task, and no others: the caller knows its own answer. `done` is called once, on the broker's
  // thread, when all have answered or the deadline has come. A task counts as live until its presence has expired, so
  // one that was killed is among those that did not answer for a while.
  virtual void Ask(std::string method, std::string bytes, net::Clock::time_point deadline,
                   absl::AnyInvocable<void(Answers)> done) = 0;
  // Answers what other tasks ask by `method`. An empty handler: not any more; one that runs meanwhile ends first,
  // unless this is its own thread.
  virtual void Serve(std::string method, Method handler) = 0;

  // Tells all other tasks that listen to `topic`, each at most once, and those of one announcer in its order.
  virtual void Announce(std::string topic, std::string bytes) = 0;
  // The same rules as for Serve.
  virtual void Listen(std::string topic, Topic handler) = 0;
};

}  // namespace viaduct::origin
