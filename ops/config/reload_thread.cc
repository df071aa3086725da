#include "ops/config/reload_thread.h"

#include <utility>

#include "net/quiet_thread.h"

namespace viaduct::ops {

void ReloadThread::Start(Look look) {
  look_ = std::move(look);
  thread_ = net::StartQuietThread([this] { Run(); });
}

void ReloadThread::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ReloadThread::Wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void ReloadThread::RequestReload() {
  {
    const std::lock_guard lock(mutex_);
    ++requested_;
  }
  wake_.notify_all();
}

absl::Status ReloadThread::Reload() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++requested_;
  wake_.notify_all();
  if (!reloaded_.wait_for(lock, kReloadTimeout, [&] { return done_ >= mine; })) {
    return absl::DeadlineExceededError("the files are still being read; what comes of it is told in the log");
  }
  return last_;
}

void ReloadThread::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait_for(lock, kLookEvery, [this] { return stop_ || woken_ || requested_ != done_; });
    if (stop_) return;
    woken_ = false;
    const std::uint64_t requested = requested_;
    const auto how = requested != done_ ? WatchedFiles::How::kAlways : WatchedFiles::How::kIfChanged;
    lock.unlock();
    absl::Status status = look_(how);
    lock.lock();
    if (requested == done_) continue;
    last_ = std::move(status);
    done_ = requested;
    reloaded_.notify_all();
  }
}

}  // namespace viaduct::ops
