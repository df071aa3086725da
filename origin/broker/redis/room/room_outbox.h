#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "net/event_loop.h"
#include "origin/broker/broker.h"

namespace viaduct::origin {

// This task's messages of one room that are not yet in the room's stream or not yet delivered here, in order.
// Both happen from the front on, in either order: the stream gets a message first while Redis answers, and it is
// delivered first while Redis does not. Not thread-safe. Bounded by its owner (`bytes`, DropOldest).
class RoomOutbox {
 public:
  struct Waiting {
    std::uint64_t number = 0;
    net::Clock::time_point since;
    RoomMessage message;
  };

  // The sum over all outboxes created with it.
  struct Total {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };
  explicit RoomOutbox(Total* total) : total_(total) {}
  ~RoomOutbox();
  RoomOutbox(const RoomOutbox&) = delete;
  RoomOutbox& operator=(const RoomOutbox&) = delete;

  // Numbers must increase.
  void Push(std::uint64_t number, net::Clock::time_point now, RoomMessage message);

  // The messages to append next, from the first that the stream does not have: at least one, and as many more as fit.
  // Empty if there are none, or while an earlier batch has no reply, since two at once could overtake each other.
  std::vector<const Waiting*> NextBatch(std::size_t max_messages, std::size_t max_bytes);
  // The batch under way got its reply: the stream has all messages up to `number`, and the next batch may start.
  void Appended(std::uint64_t number);
  // The batch under way got no reply and must be sent again.
  void Unanswered() { in_flight_ = false; }

  // All messages up to `number` were delivered here.
  void Delivered(std::uint64_t number);
  // All messages up to `number` were delivered here because they came from the stream.
  void Arrived(std::uint64_t number);
  // Returns the messages that were not delivered yet, and marks them as delivered.
  std::vector<RoomMessage> TakeUndelivered();
  // The time at which the first undelivered message arrived; nullopt if there is none.
  std::optional<net::Clock::time_point> undelivered_since() const;

  // Drops delivered messages from the front until at least `bytes` are free or none is left. Returns how many.
  std::size_t DropOldest(std::size_t bytes);

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t last_number() const { return waiting_.empty() ? 0 : waiting_.back().number; }
  // The bytes that a message counts for.
  static std::size_t BytesOf(const RoomMessage& message);

 private:
  void PopDone();
  void PopFront();

  Total* const total_;
  std::deque<Waiting> waiting_;
  std::size_t bytes_ = 0;
  std::uint64_t appended_ = 0;
  std::uint64_t delivered_ = 0;
  bool in_flight_ = false;
};

}  // namespace viaduct::origin
