#include "origin/worker/chat_drain.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace viaduct::origin {

bool ChatDrain::Drain(std::chrono::nanoseconds spread) {
  const net::MutexLock lock(&mutex_);
  if (phase_ != Phase::kServing) return false;
  Begin(Phase::kOperator, spread);
  const auto order =
      std::make_shared<const CloseOrder>(CloseOrder{.disconnect = Disconnect::kDraining,
                                                    .code = DisconnectCode(Disconnect::kDraining),
                                                    .reason = std::string(DisconnectReason(Disconnect::kDraining))});
  // After this no worker lets anybody in, so each finds all that are to be closed.
  shared_->out_of_service = true;
  const net::Clock::time_point begin = net::Clock::now();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_->Post(i, [worker = workers_[i], order, begin, spread] {
      worker->ScheduleCloses(ConnectionFilter(), order, begin,
                             std::chrono::duration_cast<net::Clock::duration>(spread));
    });
  }
  return true;
}

absl::StatusOr<bool> ChatDrain::Cancel() {
  const net::MutexLock lock(&mutex_);
  if (phase_ == Phase::kStopping) return absl::FailedPreconditionError("the chat is stopping");
  if (phase_ == Phase::kServing) return false;
  phase_ = Phase::kServing;
  shared_->out_of_service = false;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_->Post(i, [worker = workers_[i]] { worker->CancelCloses(Disconnect::kDraining); });
  }
  if (told_) told_(true);
  return true;
}

void ChatDrain::Stop() {
  const net::MutexLock lock(&mutex_);
  if (phase_ != Phase::kStopping) Begin(Phase::kStopping, std::chrono::nanoseconds::zero());
}

void ChatDrain::Begin(Phase phase, std::chrono::nanoseconds spread) {
  const bool served = phase_ == Phase::kServing;
  phase_ = phase;
  spread_ = spread;
  if (!served) return;
  since_ = std::chrono::system_clock::now();
  connections_at_start_ = shared_->hub->client_count();
  if (told_) told_(false);
}

ChatDrain::Status ChatDrain::Get() const {
  const net::MutexLock lock(&mutex_);
  Status status{.connections_open = shared_->hub->client_count()};
  if (phase_ == Phase::kServing) return status;
  status.state = status.connections_open == 0 ? State::kDrained : State::kDraining;
  status.cause = phase_ == Phase::kStopping ? Cause::kStop : Cause::kOperator;
  status.since = since_;
  status.spread_end = since_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(spread_);
  status.connections_at_start = connections_at_start_;
  return status;
}

void ChatDrain::Tell(std::function<void(bool serving)> told) {
  const net::MutexLock lock(&mutex_);
  told_ = std::move(told);
  if (told_) told_(phase_ == Phase::kServing);
}

}  // namespace viaduct::origin
