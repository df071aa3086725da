#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/event_loop.h"
#include "origin/broker/redis/room/room_entry.h"
#include "origin/message/person.h"

namespace viaduct::origin {

// The clients of a room on this task and on other tasks, each of which must repeat its count from time to time.
//
// Not thread-safe. A value.
class RoomPresence {
 public:
  // A count of another task holds as long as it says; ours holds for `holds` and is repeated three times as often.
  explicit RoomPresence(net::Clock::duration holds) : holds_(holds) {}

  void SetHere(int clients, People people) { here_ = {.clients = clients, .people = std::move(people)}; }
  int here() const { return here_.clients; }
  const People& people_here() const { return here_.people; }

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
  struct Clients {
    int clients = 0;
    People people = {};  // those of them who have a name
    bool operator==(const Clients&) const = default;
  };
  // The clients of all other tasks, without expired counts; nullopt if nothing has changed since the last call. Of
  // people, no more than it takes to see that there are too many to tell.
  std::optional<Clients> RemoteClientsIfChanged(net::Clock::time_point now);

 private:
  struct Other {
    Clients here;
    net::Clock::time_point said;
    net::Clock::time_point until;
  };
  // A bound, since anybody may write to our channels.
  static constexpr std::size_t kMaxTasks = 1024;

  const net::Clock::duration holds_;
  Clients here_;
  std::optional<Clients> announced_;
  net::Clock::time_point announced_at_;
  std::map<std::string, Other> others_;
  Clients remote_;
};

}  // namespace viaduct::origin
