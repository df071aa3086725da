#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "origin/broker/redis/room/room_entry.h"
#include "origin/broker/redis/room/stream_id.h"

namespace viaduct::origin {

// Where this task stands in a room's stream, and so which entries are new here.
//
// Two rules. Entries form a chain, so one whose predecessor is not where we stand tells of a hole, which is to be
// filled from the stream before it. And an entry is delivered when its task's number is higher than what was delivered
// of that task, whatever its id says: so what was delivered while Redis was away is not delivered again when it has got
// into the stream, nor what a restored or failed-over Redis holds under another id.
//
// Not thread-safe. A value.
class RoomStream {
 public:
  explicit RoomStream(std::string own_task) : own_task_(std::move(own_task)) {}

  // Whether it is known where we stand.
  bool started() const { return started_; }
  // What comes after `last` is new; `last` may also lie before where we stood, when the stream is another one.
  void StartAt(StreamId last);
  StreamId last() const { return last_; }

  // Whether nothing is missing before `entry`: it is the next one, or was passed already.
  bool Follows(const RoomEntry& entry) const { return entry.id <= last_ || entry.previous == last_; }
  // Moves on to `entry`. Whether it is to be delivered.
  bool Take(const RoomEntry& entry);

  // Our own message of this number was delivered without the stream.
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
  StreamId base_;  // what tasks of which nothing was seen had appended up to here is old
  StreamId last_;
  std::map<std::string, Seen, std::less<>> seen_;  // by task, our own too
};

}  // namespace viaduct::origin
