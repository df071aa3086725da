#pragma once

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "origin/message/frame_deflater.h"
#include "origin/room/room.h"
#include "origin/room/room_members.h"
#include "origin/session/chat_counters.h"

namespace viaduct::origin {

// The rooms that have clients on one worker, and these clients.
//
// Belongs to the worker's thread.
class WorkerRooms {
 public:
  // `counters` and `deflater` are the worker's, and must outlive it.
  WorkerRooms(ChatCounters* counters, FrameDeflater* deflater) : counters_(counters), deflater_(deflater) {}
  WorkerRooms(const WorkerRooms&) = delete;
  WorkerRooms& operator=(const WorkerRooms&) = delete;

  // The clients in `room`; an empty entry is made if there is none.
  RoomMembers* Open(Room* room) {
    std::unique_ptr<RoomMembers>& members = rooms_[room];
    if (members == nullptr) members = std::make_unique<RoomMembers>(room, counters_, deflater_);
    return members.get();
  }
  // Returns null if there are no clients in `room`, which may be gone.
  RoomMembers* Find(Room* room) const {
    const auto found = rooms_.find(room);
    return found == rooms_.end() ? nullptr : found->second.get();
  }
  // Removes `room`, whose last client here has gone.
  void Remove(Room* room) { rooms_.erase(room); }

  // Calls `visit` with the RoomMembers of each room.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [room, members] : rooms_) visit(members.get());
  }
  // Calls `visit` with each RoomMembers::Member, in no particular order.
  template <typename Visit>
  void ForEachMember(Visit visit) const {
    for (const auto& [room, members] : rooms_) members->ForEach(visit);
  }

 private:
  ChatCounters* const counters_;
  FrameDeflater* const deflater_;
  absl::flat_hash_map<Room*, std::unique_ptr<RoomMembers>> rooms_;
};

}  // namespace viaduct::origin
