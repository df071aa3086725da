#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "origin/broker/redis/room/room_entry.h"

namespace viaduct::origin {

// How many clients of a room are here, and how many on other tasks, each of which must say so again and again.
//
// Not thread-safe. A value.
class RoomPresence {
 public:
  // What others say holds for as long as they say; what we say we say again three times as often.
  explicit RoomPresence(net::Clock::duration holds) : holds_(holds) {}

  void SetHere(int clients) { here_ = clients; }
  int here() const { return here_; }

  // Whether we should say how many are here, and whether that is news; then Said.
  enum class Due { kNot, kAgain, kChanged };
  Due due(net::Clock::time_point now) const;
  void Announced(net::Clock::time_point now);
  // What was said may be lost.
  void ForgetAnnounced() { announced_.reset(); }

  // A task said something.
  void Note(const PresenceAnnouncement& news, net::Clock::time_point now);
  // What Redis answered when it was asked, which may be older than what tasks have said since then.
  void NoteAll(const std::vector<PresenceAnnouncement>& all, net::Clock::time_point asked, net::Clock::time_point now);
  // The sum, without those whose word has expired; only if it is another one than the last time.
  std::optional<int> RemoteClientsIfChanged(net::Clock::time_point now);

 private:
  struct Other {
    int clients = 0;
    net::Clock::time_point said;
    net::Clock::time_point until;
  };
  // A bound against what is not ours.
  static constexpr std::size_t kMaxTasks = 1024;

  const net::Clock::duration holds_;
  int here_ = 0;
  std::optional<int> announced_;
  net::Clock::time_point announced_at_;
  std::map<std::string, Other> others_;
  int remote_clients_ = 0;
};

}  // namespace viaduct::origin
