#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "ops/log/logger.h"
#include "ops/metrics/metrics.h"
#include "ops/metrics/metrics_page.h"
#include "sidecar/ecs/ecs_config.h"
#include "sidecar/ecs/protection_answer.h"
#include "sidecar/ecs/task_protection.h"

namespace viaduct::sidecar {

// Keeps ECS from stopping this task while it has tunnels: carries out the decisions of TaskProtection on its own
// thread, and reports ECS's answers in log and metrics. No tunnel ever waits for ECS.
//
// Must be created and destroyed on the same thread.
class TaskProtector {
 public:
  using Facts = std::function<TaskProtection::Facts()>;

  // `facts` is called on the thread, several times a second; what it refers to must outlive this.
  TaskProtector(const EcsConfig& config, Facts facts, ops::Logger logger);
  // Releases the protection, if there may be one; takes the time of two calls at most.
  ~TaskProtector();

  // Adds this object's metrics. It must outlive the page.
  void AddMetrics(ops::MetricsPage* page) const;

 private:
  void Run();
  void CallEcs(TaskProtection::Call call);
  void Log(TaskProtection::Call call, const ProtectionAnswer& answer);

  const EcsConfig config_;
  const Facts facts_;
  const ops::Logger logger_;

  // Used only by the thread, except that any thread may read the counters.
  TaskProtection decisions_;
  std::optional<ProtectionResult> last_result_;
  bool was_protected_ = false;
  std::array<ops::Counter, kProtectionResults.size()> calls_;
  ops::Gauge protected_;

  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // under mutex_
  std::thread thread_;     // last, since it uses all the others
};

}  // namespace viaduct::sidecar
