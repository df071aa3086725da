#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"

namespace viaduct::net {

// How many CPUs this process may use: its affinity, further bounded by a cgroup's CPU quota (as ECS sets it), at
// least 1.
int UsableCpus();

// A fixed number of threads, each running one event loop. What lives on a loop lives and dies on its thread.
//
// The pool may be used from one thread, except for Post.
class WorkerPool {
 public:
  static absl::StatusOr<std::unique_ptr<WorkerPool>> Create(int size);
  // Stops and joins. Loops, and what was posted to them and not run, are destroyed here.
  ~WorkerPool();

  std::size_t size() const { return loops_.size(); }
  EventLoop* loop(std::size_t index) { return loops_[index].get(); }
  // Starts the threads. Before it, loops may be set up from the calling thread.
  void Start();
  // Runs `call` on a worker. From any thread.
  void Post(std::size_t index, absl::AnyInvocable<void()> call) { loops_[index]->Post(std::move(call)); }
  // Runs `call(index)` on every worker and waits until all have. Between Start and Stop; not from a worker.
  void RunOnAll(const std::function<void(std::size_t)>& call);
  // Ends the loops and joins the threads.
  void Stop();

 private:
  explicit WorkerPool(std::vector<std::unique_ptr<EventLoop>> loops) : loops_(std::move(loops)) {}

  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace viaduct::net
