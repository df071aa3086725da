#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "net/address_tally.h"
#include "origin/message/publication.h"
#include "origin/room/history.h"
#include "origin/room/roster.h"

namespace viaduct::origin {

// In the order in which clients get them.
using Publications = std::vector<SharedPublication>;

// The name of the room that clients are in who name none.
inline constexpr std::string_view kDefaultRoom;

// What the limits per viewer count: the kinds of a net::AddressTally.
inline constexpr std::size_t kViewerConnections = 0;
inline constexpr std::size_t kViewerRooms = 1;

// One room of this process: its client counts, and for the hub its order and history.
//
// Created and destroyed by the hub; lives at least as long as it has clients. The public members are thread-safe.
class Room {
 public:
  explicit Room(std::string name, std::uint64_t epoch) : name_(std::move(name)), epoch_(epoch) {}
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  const std::string& name() const { return name_; }
  // All connected clients, including those on other tasks as far as known.
  int client_count() const {
    return clients_.load(std::memory_order_relaxed) + remote_clients_.load(std::memory_order_relaxed);
  }
  // True once the broker is known to deliver the room's messages, since the room got its first client here.
  bool subscribed() const { return subscribed_.load(std::memory_order_relaxed); }
  void set_subscribed() { subscribed_.store(true, std::memory_order_relaxed); }
  Roster& roster() { return roster_; }
  // Clients that still receive messages, by dialect.
  int recipients(Dialect dialect) const { return recipients_[Index(dialect)].load(std::memory_order_relaxed); }

 private:
  friend class Hub;

  // A worker's part of the room.
  struct Share {
    std::size_t worker;
    std::array<int, 2> clients = {};  // by dialect
    Publications waiting = {};
    std::size_t bytes = 0;  // of `waiting`
    bool lost = false;      // more arrived than may wait: the worker must close these clients
  };

  static std::size_t Index(Dialect dialect) { return static_cast<std::size_t>(dialect); }

  const std::string name_;
  const std::uint64_t epoch_;
  // Written under the hub's lock, read also without it.
  std::atomic<int> clients_{0};         // of this process
  std::atomic<int> remote_clients_{0};  // of other tasks
  std::array<std::atomic<int>, 2> recipients_ = {};
  std::atomic<bool> subscribed_{false};
  Roster roster_;

  // Under the hub's lock.
  std::uint64_t last_ = 0;          // the number of the latest message
  net::AddressTally::Seat opener_;  // counts the room for the viewer who opened it, while somebody is in it
  History history_;
  std::list<Room*>::iterator by_age_;        // its place there, if it has history
  std::list<Room*>::iterator abandoned_at_;  // its place there, if it has no clients
  std::vector<Share> shares_;                // the workers with clients in it
};

}  // namespace viaduct::origin
