#include "origin/room/removed_rooms.h"

#include <algorithm>

#include "text/string_view.h"

namespace viaduct::origin {

void RemovedRooms::Remember(const std::string& room, std::uint64_t last) {
  if (last == forgotten_) return;  // Take would return the same
  by_name_[room] = removed_.emplace(removed_.end(), room, last);
  if (removed_.size() <= max_rooms_) return;
  forgotten_ = std::max(forgotten_, removed_.front().second);
  by_name_.erase(removed_.front().first);
  removed_.pop_front();
}

std::uint64_t RemovedRooms::Take(std::string_view room) {
  const auto found = by_name_.find(text::ToAbsl(room));
  if (found == by_name_.end()) return forgotten_;
  const std::uint64_t last = found->second->second;
  removed_.erase(found->second);
  by_name_.erase(found);
  return last;
}

}  // namespace viaduct::origin
