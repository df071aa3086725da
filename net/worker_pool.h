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

// Returns how many CPUs this process may use, at least 1: its affinity, further limited by a cgroup's CPU quota (as ECS
// sets it).
int UsableCpus();

// A fixed number of threads, each of which runs one event loop. Objects of a loop live and die on its thread.
//
// The pool may be used from one thread, except for Post.
class WorkerPool {
 public:
  static absl::StatusOr<std::unique_ptr<WorkerPool>> Create(int size);
  // Stops and joins the threads. Destroys the loops, and the calls that were posted to them and have not run.
  ~WorkerPool();

  std::size_t size() const { return loops_.size(); }
  EventLoop* loop(std::size_t index) { return loops_[index].get(); }
  // Starts the threads. Before this call, the calling thread may set up the loops.
  void Start();
  // Runs `call` on a worker. Call it from any thread.
  void Post(std::size_t index, absl::AnyInvocable<void()> call) { loops_[index]->Post(std::move(call)); }
  // Runs `call(index)` on every worker and waits until all are done. Call it between Start and Stop, not from a worker.
  void RunOnAll(const std::function<void(std::size_t)>& call);
  // Ends the loops and joins the threads.
  void Stop();

 private:
  explicit WorkerPool(std::vector<std::unique_ptr<EventLoop>> loops) : loops_(std::move(loops)) {}

  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace viaduct::net
