#include "origin/worker/event_feed.h"

#include <algorithm>
#include <utility>

namespace viaduct::origin {

EventFeed::Update EventFeed::Watcher::Next(net::Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [this] { return !queue_.empty() || dropped_ > 0 || ended_; });
  if (!queue_.empty()) {
    Item& front = queue_.front();
    if (front.dropped_before > 0) return Dropped{std::exchange(front.dropped_before, 0)};
    ChatEvent event = std::move(front.event);
    queue_.pop_front();
    return event;
  }
  if (dropped_ > 0) return Dropped{std::exchange(dropped_, 0)};
  if (ended_) return Ended{};
  return TimedOut{};
}

bool EventFeed::Watcher::Offer(const ChatEvent& event) {
  if (!kinds_.Has(event.kind)) return true;
  if (!rooms_.empty() && !event.all_rooms && std::find(rooms_.begin(), rooms_.end(), event.room) == rooms_.end())
    return true;
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= max_queued_) {
    ++dropped_;
    return false;
  }
  queue_.push_back({.dropped_before = std::exchange(dropped_, 0), .event = event});
  if (queue_.size() == 1) changed_.notify_one();
  return true;
}

void EventFeed::Watcher::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::shared_ptr<EventFeed::Watcher> EventFeed::Watch(ChatEventKinds kinds, std::vector<std::string> rooms) {
  const std::lock_guard lock(mutex_);
  Sweep();
  if (ended_ || watchers_.size() >= max_watchers_) return nullptr;
  auto watcher = std::make_shared<Watcher>(kinds, std::move(rooms), max_queued_each_);
  watchers_.push_back(watcher);
  watched_ = true;
  return watcher;
}

void EventFeed::Publish(const ChatEvent& event) {
  if (!watched()) return;
  const std::lock_guard lock(mutex_);
  bool any_gone = false;
  for (const std::weak_ptr<Watcher>& weak : watchers_) {
    const std::shared_ptr<Watcher> watcher = weak.lock();
    if (watcher == nullptr) {
      any_gone = true;
    } else if (!watcher->Offer(event)) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  if (any_gone) Sweep();
}

void EventFeed::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (const std::weak_ptr<Watcher>& weak : watchers_) {
    if (const std::shared_ptr<Watcher> watcher = weak.lock()) watcher->End();
  }
}

std::size_t EventFeed::watcher_count() {
  const std::lock_guard lock(mutex_);
  Sweep();
  return watchers_.size();
}

void EventFeed::Sweep() {
  std::erase_if(watchers_, [](const std::weak_ptr<Watcher>& weak) { return weak.expired(); });
  watched_ = !watchers_.empty();
}

}  // namespace viaduct::origin
