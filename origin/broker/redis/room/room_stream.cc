#include "origin/broker/redis/room/room_stream.h"

#include <algorithm>

namespace viaduct::origin {

void RoomStream::StartAt(StreamId last) {
  started_ = true;
  base_ = last_ = last;
}

bool RoomStream::Take(const RoomEntry& entry) {
  last_ = std::max(last_, entry.id);
  const auto found = seen_.find(entry.task);
  if (found == seen_.end() ? entry.id <= base_ && entry.task != own_task_ : entry.number <= found->second.number) {
    return false;
  }
  seen_[entry.task] = {.number = entry.number, .at = entry.id};
  if (seen_.size() > kMaxTasks) Bound();
  return true;
}

void RoomStream::DeliveredOwn(std::uint64_t number) {
  Seen& seen = seen_[own_task_];
  seen.number = std::max(seen.number, number);
}

// Forgets the task that has been silent for longest.
void RoomStream::Bound() {
  auto oldest = seen_.end();
  for (auto it = seen_.begin(); it != seen_.end(); ++it) {
    if (it->first != own_task_ && (oldest == seen_.end() || it->second.at < oldest->second.at)) oldest = it;
  }
  seen_.erase(oldest);
}

}  // namespace viaduct::origin
