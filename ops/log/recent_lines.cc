#include "ops/log/recent_lines.h"

#include <utility>

namespace viaduct::ops {

void RecentLines::Keep(Kind kind, std::string_view line) {
  if (line.size() > kMaxBytes) return;
  Ring& ring = rings_[static_cast<std::size_t>(kind)];
  ring.bytes += line.size();
  std::string room;
  while (ring.bytes > kMaxBytes) {
    room = std::move(ring.lines.front());
    ring.lines.pop_front();
    ring.bytes -= room.size();
  }
  // Of the same size most often, so that a full ring allocates nothing.
  room.assign(line);
  ring.lines.push_back(std::move(room));
}

std::vector<std::string> RecentLines::Find(std::string_view text, std::size_t most) const {
  std::vector<std::string> found;
  for (const Ring& ring : rings_) {
    std::size_t left = most;
    for (auto line = ring.lines.rbegin(); line != ring.lines.rend() && left > 0; ++line) {
      if (line->find(text) == std::string::npos) continue;
      found.push_back(*line);
      --left;
    }
  }
  return found;
}

}  // namespace viaduct::ops
