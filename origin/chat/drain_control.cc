#include "origin/chat/drain_control.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"

namespace viaduct::origin {
namespace {

ops::Drain::Time After(ops::Drain::Time time, std::chrono::nanoseconds duration) {
  return time + std::chrono::duration_cast<std::chrono::system_clock::duration>(duration);
}

}  // namespace

bool DrainControl::Drain(std::chrono::nanoseconds spread) {
  const net::MutexLock lock(&mutex_);
  if (phase_ != Phase::kServing) return false;
  Begin(Phase::kOperator, spread);
  const auto order = std::make_shared<const CloseOrder>(Disconnect::kDraining);
  // From now on no worker admits a connection, so each worker finds all connections that are to be closed.
  shared_->out_of_service = true;
  const net::Clock::time_point begin = net::Clock::now();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_->Post(i, [worker = workers_[i], order, begin, spread] {
      worker->control().ScheduleCloses(ConnectionFilter(), order, begin,
                                       std::chrono::duration_cast<net::Clock::duration>(spread));
    });
  }
  return true;
}

absl::StatusOr<bool> DrainControl::Cancel() {
  const net::MutexLock lock(&mutex_);
  if (phase_ == Phase::kStopping) return absl::FailedPreconditionError("the chat is stopping");
  if (phase_ == Phase::kServing) return false;
  phase_ = Phase::kServing;
  shared_->out_of_service = false;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_->Post(i, [worker = workers_[i]] { worker->control().CancelCloses(Disconnect::kDraining); });
  }
  if (observer_) observer_(true);
  return true;
}

void DrainControl::Stop() {
  const net::MutexLock lock(&mutex_);
  if (phase_ == Phase::kStopping) return;
  stop_time_ = std::chrono::system_clock::now();
  Begin(Phase::kStopping, std::chrono::nanoseconds::zero());
}

void DrainControl::Begin(Phase phase, std::chrono::nanoseconds spread) {
  const bool served = phase_ == Phase::kServing;
  phase_ = phase;
  spread_ = spread;
  if (!served) return;
  since_ = std::chrono::system_clock::now();
  open_at_start_ = shared_->hub->client_count();
  closed_before_ = Closed();
  if (observer_) observer_(false);
}

std::int64_t DrainControl::Closed() const {
  std::uint64_t closed = 0;
  for (const ChatWorker* worker : workers_) {
    const ChatCounters& counters = worker->counters();
    closed += counters.disconnects[Disconnect::kDraining.index].value();
    closed += counters.disconnects[Disconnect::kShuttingDown.index].value();
  }
  return static_cast<std::int64_t>(closed);
}

ops::Drain DrainControl::Get() const {
  const net::MutexLock lock(&mutex_);
  ops::Drain drain{.open = shared_->hub->client_count()};
  if (phase_ == Phase::kServing) return drain;
  drain.state = drain.open == 0 ? ops::Drain::State::kDrained : ops::Drain::State::kDraining;
  drain.cause = phase_ == Phase::kStopping ? ops::Drain::Cause::kStop : ops::Drain::Cause::kOperator;
  drain.since = since_;
  drain.spread_end = After(since_, spread_);
  if (phase_ == Phase::kStopping) drain.deadline = After(stop_time_, shared_->config->drain_timeout);
  drain.open_at_start = open_at_start_;
  drain.closed = Closed() - closed_before_;
  return drain;
}

void DrainControl::Observe(std::function<void(bool serving)> observer) {
  const net::MutexLock lock(&mutex_);
  observer_ = std::move(observer);
  if (observer_) observer_(phase_ == Phase::kServing);
}

}  // namespace viaduct::origin
