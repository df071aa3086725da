#include "sidecar/ecs/task_protector.h"

#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/quiet_thread.h"
#include "ops/program/http_call.h"

namespace viaduct::sidecar {
namespace {

// The interval at which the thread checks for a first tunnel.
constexpr std::chrono::milliseconds kLookInterval{200};
// The agent passes a call on to ECS and answers when ECS has answered.
constexpr std::chrono::seconds kCallTimeout{2};

std::string_view CallName(TaskProtection::Call call) {
  return call == TaskProtection::Call::kProtect ? "protect" : "release";
}

}  // namespace

TaskProtector::TaskProtector(const EcsConfig& config, Facts facts, ops::Logger logger)
    : config_(config),
      facts_(std::move(facts)),
      logger_(std::move(logger)),
      decisions_({.expires_after = config.protection->expires_after,
                  .renew_interval = config.protection->renew_interval,
                  .idle_hold = config.protection->idle_hold},
                 std::random_device{}()),
      thread_(net::StartQuietThread([this] { Run(); })) {}

TaskProtector::~TaskProtector() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

void TaskProtector::AddMetrics(ops::MetricsPage* page) const {
  page->AddGauge("viaduct_task_protected", "1 while ECS protects the task, as far as it said.",
                 [this] { return static_cast<double>(protected_.value()); });
  page->AddCounter("viaduct_task_protection_calls_total", "Calls to ECS's task protection endpoint, by result.",
                   [this] {
                     std::vector<ops::MetricSample> samples;
                     for (const ProtectionResult result : kProtectionResults) {
                       const std::string name(kProtectionResults.Name(result));
                       const ops::Counter& calls = calls_[kProtectionResults.Index(result)];
                       samples.push_back({{{"result", name}}, static_cast<double>(calls.value())});
                     }
                     return samples;
                   });
}

void TaskProtector::Run() {
  for (bool stopping = false; !stopping;) {
    {
      std::unique_lock lock(mutex_);
      stop_.wait_for(lock, kLookInterval, [this] { return stopping_; });
      stopping = stopping_;
    }
    const TaskProtection::Facts facts = stopping ? TaskProtection::Facts{.drained = true} : facts_();
    if (const auto call = decisions_.Next(net::Clock::now(), facts)) CallEcs(*call);
    // This also notices that a protection has expired.
    const bool is_protected = decisions_.is_protected(net::Clock::now());
    protected_.Set(is_protected ? 1 : 0);
    if (is_protected != std::exchange(was_protected_, is_protected)) {
      logger_.Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(),
                  is_protected ? "task protected" : "task no longer protected");
    }
  }
}

void TaskProtector::CallEcs(TaskProtection::Call call) {
  ops::HttpCall http;
  http.method = "PUT";
  http.url = absl::StrCat(config_.agent_uri, "/task-protection/v1/state");
  http.json_body = ProtectionRequest(call, config_.protection->expires_after);
  http.timeout = kCallTimeout;
  const ProtectionAnswer answer = ReadProtectionAnswer(call, ops::CallHttp(http));
  calls_[static_cast<std::size_t>(answer.result)].Add();
  decisions_.Answered(net::Clock::now(), OutcomeOf(answer.result));
  // Logs only changes, since a failure may last for hours.
  if (last_result_ != answer.result) Log(call, answer);
  last_result_ = answer.result;
}

void TaskProtector::Log(TaskProtection::Call call, const ProtectionAnswer& answer) {
  const auto now = std::chrono::system_clock::now();
  if (answer.result != ProtectionResult::kDone) {
    logger_.Log(
        ops::LogLevel::kWarn, now, "task protection failed",
        {{"call", CallName(call)}, {"result", kProtectionResults.Name(answer.result)}, {"detail", answer.detail}});
  } else if (last_result_.has_value()) {
    logger_.Log(ops::LogLevel::kInfo, now, "task protection works again", {{"call", CallName(call)}});
  }
}

}  // namespace viaduct::sidecar
