#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "origin/broker/redis/room/room_entry.h"

namespace viaduct::origin {

// The clients of a room on this task and on other tasks, each of which must repeat its count from time to time.
//
// Not thread-safe. A value.
class RoomPresence {
 public:
  // A count of another task holds as long as it says; ours holds for `holds` and is repeated three times as often.
  explicit RoomPresence(net::Clock::duration holds) : holds_(holds) {}

  void SetHere(int clients) { here_ = clients; }
  int here() const { return here_; }

  // Says whether our count should be announced: not, again, or because it has changed. Announced must follow.
  enum class Due { kNot, kAgain, kChanged };
  Due due(net::Clock::time_point now) const;
  void Announced(net::Clock::time_point now);
  // Our last announcement may be lost.
  void ForgetAnnounced() { announced_.reset(); }

  // Another task announced its count.
  void Note(const PresenceAnnouncement& news, net::Clock::time_point now);
  // Redis returned the counts of all tasks, as of `asked`; later announcements take precedence.
  void NoteAll(const std::vector<PresenceAnnouncement>& all, net::Clock::time_point asked, net::Clock::time_point now);
  // The sum over the other tasks, without expired counts; nullopt if it has not changed since the last call.
  std::optional<int> RemoteClientsIfChanged(net::Clock::time_point now);

 private:
  struct Other {
    int clients = 0;
    net::Clock::time_point said;
    net::Clock::time_point until;
  };
  // A bound, since anybody may write to our channels.
  static constexpr std::size_t kMaxTasks = 1024;

  const net::Clock::duration holds_;
  int here_ = 0;
  std::optional<int> announced_;
  net::Clock::time_point announced_at_;
  std::map<std::string, Other> others_;
  int remote_clients_ = 0;
};

}  // namespace viaduct::origin
