#include "sidecar/worker/drain_control.h"

#include <memory>

#include "sidecar/request/tunnel_end.h"
#include "sidecar/worker/worker.h"

namespace viaduct::sidecar {
namespace {

std::chrono::system_clock::time_point WallTime(net::Clock::time_point time) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(time - net::Clock::now());
}

}  // namespace

bool DrainControl::Drain() {
  const net::MutexLock lock(&mutex_);
  if (phase_ != Phase::kServing) return false;
  Begin(Phase::kOperator);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_->Post(i, [worker = workers_[i]] { worker->BeginOperatorDrain(); });
  }
  return true;
}

absl::StatusOr<bool> DrainControl::Cancel() {
  const net::MutexLock lock(&mutex_);
  if (phase_ == Phase::kStopping) return absl::FailedPreconditionError("the sidecar is stopping");
  if (phase_ == Phase::kServing) return false;
  phase_ = Phase::kServing;
  draining_ = false;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_->Post(i, [worker = workers_[i]] { worker->CancelOperatorDrain(); });
  }
  return true;
}

void DrainControl::Stop() {
  const net::MutexLock lock(&mutex_);
  if (phase_ == Phase::kStopping) return;
  Begin(Phase::kStopping);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_->Post(i, [this, worker = workers_[i]] { worker->BeginDrain([this] { --workers_left_; }); });
  }
}

void DrainControl::Begin(Phase phase) {
  timeout_begin_ = net::Clock::now();
  if (phase_ == Phase::kServing) {
    begin_ = timeout_begin_;
    open_at_start_ = TunnelsOpen();
    closed_before_ = TunnelsClosed();
  }
  phase_ = phase;
  draining_ = true;
}

ops::Drain DrainControl::Get() const {
  const net::MutexLock lock(&mutex_);
  ops::Drain drain{.open = TunnelsOpen()};
  if (phase_ == Phase::kServing) return drain;
  const std::shared_ptr<const SidecarConfig> config = config_->Get();
  // In the accept window, a request that was on its way may still become a tunnel.
  const bool over = drain.open == 0 && net::Clock::now() >= begin_ + config->accept_window;
  drain.state = over ? ops::Drain::State::kDrained : ops::Drain::State::kDraining;
  drain.cause = phase_ == Phase::kStopping ? ops::Drain::Cause::kStop : ops::Drain::Cause::kOperator;
  drain.since = WallTime(begin_);
  // All times derive from one reading of the clocks, so that their distances are exactly as configured.
  const auto after_begin = [&](net::Clock::duration duration) {
    return drain.since + std::chrono::duration_cast<std::chrono::system_clock::duration>(duration);
  };
  drain.spread_end = after_begin(config->accept_window + config->drain_spread);
  drain.deadline = after_begin(timeout_begin_ + config->drain_timeout - begin_);
  drain.open_at_start = open_at_start_;
  drain.closed = TunnelsClosed() - closed_before_;
  return drain;
}

std::int64_t DrainControl::TunnelsOpen() const {
  std::int64_t open = 0;
  for (const Worker* worker : workers_) open += worker->metrics().tunnels_open.value();
  return open;
}

std::int64_t DrainControl::TunnelsClosed() const {
  std::uint64_t closed = 0;
  for (const Worker* worker : workers_) {
    closed += worker->metrics().tunnels_ended[static_cast<std::size_t>(TunnelEnd::kDrain)].value();
  }
  return static_cast<std::int64_t>(closed);
}

}  // namespace viaduct::sidecar
