#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace viaduct::origin {

// Remembers the number of the last message of rooms that were removed, so that a room that is made again continues
// behind it: a client that missed nothing is told so, and no number is given twice in rooms of one name. Forgets the
// rooms that were removed longest ago.
//
// Not thread-safe.
class RemovedRooms {
 public:
  // Remembers at most `max_rooms` rooms.
  explicit RemovedRooms(std::size_t max_rooms) : max_rooms_(max_rooms) {}

  void Remember(const std::string& room, std::uint64_t last);
  // Returns the number behind which the room's messages begin: the last one that it had, or, if that is forgotten, one
  // that is not below it. Forgets the room.
  std::uint64_t Take(std::string_view room);

 private:
  using Removed = std::pair<std::string, std::uint64_t>;

  const std::size_t max_rooms_;
  std::uint64_t forgotten_ = 0;  // the highest number of all rooms that are forgotten
  std::list<Removed> removed_;   // the room removed longest ago first
  absl::flat_hash_map<std::string, std::list<Removed>::iterator> by_name_;
};

}  // namespace viaduct::origin
