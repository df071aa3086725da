#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "origin/message/publication.h"
#include "origin/message/uuid.h"
#include "origin/session/chat_counters.h"
#include "origin/session/chat_session.h"
#include "origin/session/disconnect.h"
#include "origin/worker/connection_filter.h"
#include "origin/worker/connection_view.h"
#include "origin/worker/scheduled_closes.h"
#include "origin/worker/worker_rooms.h"

namespace viaduct::origin {

// An operator's operations on one worker's connections.
//
// Belongs to the worker's thread; must die before its loop.
class WorkerControl {
 public:
  // This worker's place among all workers of the chat: their scheduled closes alternate.
  struct Place {
    std::size_t index;
    std::size_t workers;
  };

  // All pointers must outlive it.
  WorkerControl(net::EventLoop* loop, Place place, const WorkerRooms* rooms, ChatCounters* counters);

  // nullopt if there is no such connection.
  std::optional<ConnectionView> View(const Uuid& id) const;
  // Returns the oldest `limit` of the connections that match `filter` and have a number above `after`, in order of
  // numbers.
  std::vector<ConnectionView> ViewsAfter(const ConnectionFilter& filter, std::uint64_t after, std::size_t limit) const;
  // nullopt if there is no such connection.
  std::optional<ChatSession::SendOutcome> SendTo(const Uuid& id, const SharedPublication& message);
  // Returns false if there is no such connection. A connection that is already closing is left as it is.
  bool Close(const Uuid& id, const Disconnect& disconnect);
  // Counts the open connections that match `filter`.
  int CountOpen(const ConnectionFilter& filter) const;
  // Closes the matching connections evenly within `spread` from `begin` on, the oldest first. Returns their number.
  int ScheduleCloses(const ConnectionFilter& filter, const std::shared_ptr<const CloseOrder>& order,
                     net::Clock::time_point begin, net::Clock::duration spread);
  // Cancels the closes with this disconnect: their connections stay open.
  void CancelCloses(const Disconnect& disconnect) { closes_.Cancel(disconnect); }
  // Must be called when `session` has ended.
  void Forget(ChatSession* session) { closes_.Forget(session); }

 private:
  ConnectionView ViewOf(const ChatSession& session) const;
  bool Matches(const ConnectionFilter& filter, const ChatSession& session) const;
  ChatSession* Find(const Uuid& id) const;

  const Place place_;
  const WorkerRooms* const rooms_;
  ChatCounters* const counters_;
  ScheduledCloses closes_;
};

}  // namespace viaduct::origin
