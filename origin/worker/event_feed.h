#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "net/event_loop.h"
#include "origin/message/uuid.h"

namespace viaduct::origin {

// An event of the chat, for operators who watch. A value.
struct ChatEvent {
  enum class Kind : std::uint8_t { kConnected, kDisconnected, kMessage, kBroadcast };

  Kind kind;
  std::chrono::system_clock::time_point time;
  Uuid id;  // not of kBroadcast
  std::string room = {};
  int client_count = 0;             // of the room, after the event
  std::uint16_t close_code = 0;     // kDisconnected
  std::string close_reason = {};    // kDisconnected
  std::uint64_t bytes = 0;          // kMessage, kBroadcast
  bool binary = false;              // kMessage, kBroadcast
  int broadcast_count = 0;          // kMessage, kBroadcast
  std::string viewer_address = {};  // kConnected; claimed
  std::string from = {};            // kBroadcast: the operator's name, if told
  bool all_rooms = false;           // kBroadcast: then it has no room
};

// A set of kinds.
class ChatEventKinds {
 public:
  static ChatEventKinds All() { return ChatEventKinds(0xff); }
  ChatEventKinds() = default;
  void Add(ChatEvent::Kind kind) { bits_ |= Bit(kind); }
  bool Has(ChatEvent::Kind kind) const { return (bits_ & Bit(kind)) != 0; }

 private:
  explicit ChatEventKinds(unsigned bits) : bits_(bits) {}
  static unsigned Bit(ChatEvent::Kind kind) { return 1u << static_cast<unsigned>(kind); }

  unsigned bits_ = 0;
};

// Passes events from the workers to watchers, who may be slow: each has a bounded queue, and events that do not fit are
// counted and dropped. Without watchers an event costs one relaxed load.
//
// Thread-safe.
class EventFeed {
 public:
  // The updates of a watcher: events in order, and before the first event behind a gap the number of missing ones.
  struct Dropped {
    std::uint64_t events;
  };
  struct TimedOut {};
  struct Ended {};  // the feed has ended; there are no more updates
  using Update = std::variant<ChatEvent, Dropped, TimedOut, Ended>;

  // One watcher's end of the feed. Thread-safe; may outlive the feed.
  class Watcher {
   public:
    Watcher(ChatEventKinds kinds, std::vector<std::string> rooms, std::size_t max_queued)
        : kinds_(kinds), rooms_(std::move(rooms)), max_queued_(max_queued) {}

    // Waits until `deadline` for the next update.
    Update Next(net::Clock::time_point deadline);

   private:
    friend class EventFeed;
    struct Item {
      std::uint64_t dropped_before;
      ChatEvent event;
    };

    // Returns false if the event was dropped.
    bool Offer(const ChatEvent& event);
    void End();

    const ChatEventKinds kinds_;
    const std::vector<std::string> rooms_;  // none is all
    const std::size_t max_queued_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> queue_;
    std::uint64_t dropped_ = 0;  // since the last item of the queue
    bool ended_ = false;
  };

  EventFeed(std::size_t max_watchers, std::size_t max_queued_each)
      : max_watchers_(max_watchers), max_queued_each_(max_queued_each) {}

  // Watches events from now on, of `rooms`, or of all rooms if it is empty. Null if there are too many watchers or the
  // feed
  // has ended. The watch ends with the last reference.
  std::shared_ptr<Watcher> Watch(ChatEventKinds kinds, std::vector<std::string> rooms = {});

  // True if anybody watches; otherwise no event needs to be made.
  bool watched() const { return watched_.load(std::memory_order_relaxed); }
  void Publish(const ChatEvent& event);
  // Gives all watchers Ended behind what is queued for them.
  void End();

  // The number of events dropped since the start, for all watchers.
  std::uint64_t dropped_events() const { return dropped_.load(std::memory_order_relaxed); }
  std::size_t watcher_count();

 private:
  // Removes watchers without references.
  void Sweep();

  const std::size_t max_watchers_;
  const std::size_t max_queued_each_;
  std::atomic<bool> watched_{false};
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex mutex_;
  std::vector<std::weak_ptr<Watcher>> watchers_;  // under `mutex_`
  bool ended_ = false;                            // under `mutex_`
};

}  // namespace viaduct::origin
