#include "origin/worker/scheduled_closes.h"

namespace viaduct::origin {

void ScheduledCloses::Add(ChatSession* session, net::Clock::time_point due, std::shared_ptr<const CloseOrder> order) {
  Forget(session);
  by_time_.insert({{due, session->number()}, {.session = session, .order = std::move(order)}});
  due_[session->number()] = due;
  Count();
  timer_.Set(by_time_.begin()->first.first);
}

void ScheduledCloses::Forget(ChatSession* session) {
  if (due_.empty()) return;
  const auto found = due_.find(session->number());
  if (found == due_.end()) return;
  by_time_.erase({found->second, session->number()});
  due_.erase(found);
  Count();
}

void ScheduledCloses::Cancel(const Disconnect& disconnect) {
  for (auto item = by_time_.begin(); item != by_time_.end();) {
    if (item->second.order->disconnect() == disconnect) {
      due_.erase(item->first.second);
      item = by_time_.erase(item);
    } else {
      ++item;
    }
  }
  Count();
}

void ScheduledCloses::OnTimer(net::Timer*) {
  while (!by_time_.empty() && by_time_.begin()->first.first <= loop_->now()) {
    const Item item = by_time_.begin()->second;
    due_.erase(by_time_.begin()->first.second);
    by_time_.erase(by_time_.begin());
    item.session->Close(item.order->disconnect());
  }
  Count();
  if (!by_time_.empty()) timer_.Set(by_time_.begin()->first.first);
}

void ScheduledCloses::Count() { pending_->Set(static_cast<std::int64_t>(by_time_.size())); }

}  // namespace viaduct::origin
