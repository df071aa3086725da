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

// Something that happened in the chat, for operators who watch. A value.
struct ChatEvent {
  enum class Kind : std::uint8_t { kConnected, kDisconnected, kMessage };

  Kind kind;
  std::chrono::system_clock::time_point time;
  Uuid id;
  std::string room = {};
  int client_count = 0;             // of the room, after the event
  std::uint16_t close_code = 0;     // kDisconnected
  std::string close_reason = {};    // kDisconnected
  std::uint64_t bytes = 0;          // kMessage
  bool binary = false;              // kMessage
  int broadcast_count = 0;          // kMessage
  std::string viewer_address = {};  // kConnected; claimed
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

// Brings events from the workers to watchers, who may be slow: each has a bounded queue, and what does not fit is
// counted instead. Without watchers an event costs one relaxed load.
//
// Thread-safe.
class EventFeed {
 public:
  // What a watcher is told: events in their order, and before the first event that follows a gap, how many are missing.
  struct Dropped {
    std::uint64_t events;
  };
  struct TimedOut {};
  struct Ended {};  // the feed was ended; nothing more comes
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

    // False if it was dropped.
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

  // Events from now on, of some rooms, or of all if none is given; nullptr if there are too many watchers, or the feed
  // has ended. Unsubscribed when the last reference goes.
  std::shared_ptr<Watcher> Watch(ChatEventKinds kinds, std::vector<std::string> rooms = {});

  // Whether anybody watches: if not, an event need not be made.
  bool watched() const { return watched_.load(std::memory_order_relaxed); }
  void Publish(const ChatEvent& event);
  // All watchers are told Ended once they have what was queued.
  void End();

  // Since the start, of all watchers.
  std::uint64_t dropped_events() const { return dropped_.load(std::memory_order_relaxed); }
  std::size_t watcher_count();

 private:
  // Forgets the watchers that are gone.
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
