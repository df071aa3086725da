#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/event_loop.h"
#include "net/schedule/due_set.h"
#include "ops/metrics/metrics.h"
#include "origin/session/chat_session.h"
#include "origin/session/disconnect.h"

namespace viaduct::origin {

// The Close of one operator's order. Shared by connections and workers; never changes.
class CloseOrder {
 public:
  // Keeps a copy of the reason.
  explicit CloseOrder(const Disconnect& disconnect) : reason_(disconnect.reason), disconnect_(disconnect) {
    disconnect_.reason = reason_;
  }
  CloseOrder(const CloseOrder&) = delete;
  CloseOrder& operator=(const CloseOrder&) = delete;

  const Disconnect& disconnect() const { return disconnect_; }

 private:
  const std::string reason_;
  Disconnect disconnect_;
};

// Closes connections of one worker, each at its own time, so that they do not all reconnect at once.
// A connection is scheduled once: a later order replaces an earlier one, so there are never more entries than
// connections.
// Belongs to the loop's thread; must die before the loop.
class ScheduledCloses {
 public:
  // Keeps `pending` at the number of waiting connections.
  ScheduledCloses(net::EventLoop* loop, ops::Gauge* pending);

  // Closes `session` at `due`, or in the next turn of the loop if that is past.
  void Add(ChatSession* session, net::Clock::time_point due, std::shared_ptr<const CloseOrder> order);
  // Must be called when `session` has ended.
  void Forget(ChatSession* session);
  // Removes the entries with this disconnect: their connections stay open.
  void Cancel(const Disconnect& disconnect);

 private:
  struct Item {
    ChatSession* session;
    std::shared_ptr<const CloseOrder> order;
  };

  void CountPending() { pending_->Set(static_cast<std::int64_t>(due_.size())); }

  ops::Gauge* const pending_;
  net::DueSet<Item> due_;  // by the session's number
};

}  // namespace viaduct::origin
