#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "origin/broker/redis/room/room_entry.h"
#include "origin/broker/redis/room/stream_id.h"

namespace viaduct::origin {

// This task's position in a room's stream, which decides which entries are new here.
// Two rules. Entries form a chain: an entry whose predecessor is not our position shows a hole, which must be filled
// from
// the stream first. And an entry is delivered if its number is higher than the last number delivered from its task,
// whatever its id: so messages that were delivered while Redis was away are not delivered again when they reach the
// stream, nor those that a restored or failed-over Redis holds under another id.
//
// Not thread-safe. A value.
class RoomStream {
 public:
  explicit RoomStream(std::string own_task) : own_task_(std::move(own_task)) {}

  // True once the position is known.
  bool started() const { return started_; }
  // Entries after `last` are new. `last` may lie before the current position if the stream is another one.
  void StartAt(StreamId last);
  StreamId last() const { return last_; }

  // True if nothing is missing before `entry`: it is the next one, or was passed already.
  bool Follows(const RoomEntry& entry) const { return entry.id <= last_ || entry.previous == last_; }
  // Moves the position to `entry`. Returns true if the entry must be delivered.
  bool Take(const RoomEntry& entry);

  // Our own message with this number was delivered without the stream.
  void DeliveredOwn(std::uint64_t number);

 private:
  struct Seen {
    std::uint64_t number = 0;
    StreamId at;
  };
  static constexpr std::size_t kMaxTasks = 256;

  void Bound();

  const std::string own_task_;
  bool started_ = false;
  StreamId base_;  // entries up to here are old if nothing was seen of their task
  StreamId last_;
  std::map<std::string, Seen, std::less<>> seen_;  // by task, including our own
};

}  // namespace viaduct::origin
