#include "net/worker_pool.h"

#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <string>

namespace viaduct::net {
namespace {

// Returns the CPUs by the cgroup v2 quota ("max 100000" or "50000 100000"), or 0 when there is none.
int CgroupCpus() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  const double cpus = std::strtod(quota.c_str(), nullptr) / period;
  return cpus > 0 ? std::max(1, static_cast<int>(std::ceil(cpus))) : 0;
}

// A write to a socket whose peer is gone must return an error; splice(2) has no flag for that.
void BlockBrokenPipeSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

int UsableCpus() {
  cpu_set_t set;
  const int by_affinity = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  const int by_cgroup = CgroupCpus();
  return std::max(1, by_cgroup > 0 ? std::min(by_affinity, by_cgroup) : by_affinity);
}

absl::StatusOr<std::unique_ptr<WorkerPool>> WorkerPool::Create(int size) {
  std::vector<std::unique_ptr<EventLoop>> loops;
  for (int i = 0; i < size; ++i) {
    absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
    if (!loop.ok()) return loop.status();
    loops.push_back(*std::move(loop));
  }
  return std::unique_ptr<WorkerPool>(new WorkerPool(std::move(loops)));
}

WorkerPool::~WorkerPool() {
  Stop();
  // The destruction of an unrun call may post to another loop, so all calls are destroyed before any loop.
  for (bool dropped = true; dropped;) {
    dropped = false;
    for (const auto& loop : loops_) dropped |= loop->DropUnrun();
  }
}

void WorkerPool::Start() {
  for (const auto& loop : loops_) {
    threads_.emplace_back([loop = loop.get()] {
      BlockBrokenPipeSignal();
      loop->Run();
    });
  }
}

void WorkerPool::RunOnAll(const std::function<void(std::size_t)>& call) {
  std::latch pending(static_cast<std::ptrdiff_t>(loops_.size()));
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    Post(i, [&call, &pending, i] {
      call(i);
      pending.count_down();
    });
  }
  pending.wait();
}

void WorkerPool::Stop() {
  for (std::thread& thread : threads_) {
    if (!thread.joinable()) continue;
    loops_[static_cast<std::size_t>(&thread - threads_.data())]->Stop();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  threads_.clear();
}

}  // namespace viaduct::net
