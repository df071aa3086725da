#include "origin/worker/scheduled_closes.h"

#include <utility>

namespace viaduct::origin {

ScheduledCloses::ScheduledCloses(net::EventLoop* loop, ops::Gauge* pending)
    : pending_(pending), due_(loop, [this](const Item& item) {
        CountPending();
        item.session->Close(item.order->disconnect());
      }) {}

void ScheduledCloses::Add(ChatSession* session, net::Clock::time_point due, std::shared_ptr<const CloseOrder> order) {
  due_.Add(session->number(), due, {.session = session, .order = std::move(order)});
  CountPending();
}

void ScheduledCloses::Forget(ChatSession* session) {
  due_.Forget(session->number());
  CountPending();
}

void ScheduledCloses::Cancel(const Disconnect& disconnect) {
  due_.EraseIf([&](const Item& item) { return item.order->disconnect() == disconnect; });
  CountPending();
}

}  // namespace viaduct::origin
