#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "net/event_loop.h"
#include "net/mutex.h"
#include "origin/message/chat_frames.h"
#include "origin/message/publication.h"
#include "origin/room/history.h"
#include "origin/room/room.h"

namespace viaduct::origin {

// Puts the messages of each room of this process into one order, keeps the latest, and brings them to every worker that
// has clients in the room, which delivers to them.
//
// One lock decides the order: under it a publication is appended to the room's inbox of every such worker and to the
// room's history, so all clients of a room see the same messages in the same order, and who joins sees exactly those
// that are ordered after the join, behind what it is given of the history. What waits for a worker is bounded not here
// but by its publishers, who are told to pause (`congested`); what comes from a broker is dropped over a further bound,
// and the worker told to part with the clients that miss it.
//
// A room comes into being with its first client, and goes when it has neither clients nor history.
//
// Two counts: clients are all that have connected and not gone; recipients are those that messages still go to, so not
// the ones whose closing has begun.
// Thread-safe. Times must come from one clock; a call with an earlier one than another's is allowed.
class Hub {
 public:
  struct Options {
    std::size_t workers = 1;
    // What may wait for a worker that has fallen behind, before publishers are told to pause.
    std::size_t max_waiting_bytes = 0;
    // What may wait for it of what a broker tells, which cannot be paused.
    std::size_t max_waiting_from_broker_bytes = 0;
    std::size_t max_rooms = 0;
    int max_room_clients = 0;
    History::Limits history = {};           // of each room
    std::size_t max_all_history_bytes = 0;  // of all rooms; the ones that are silent for longest lose theirs
  };

  // `wake(worker)` is called, without the lock held, when a worker for which nothing waited has got something, and when
  // a worker that was told to pause should look again.
  Hub(const Options& options, std::function<void(std::size_t worker)> wake);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  enum class Refusal : std::uint8_t { kTooManyRooms, kRoomFull };
  struct Joined {
    std::optional<Refusal> refusal = std::nullopt;  // then nothing has happened, and the rest is empty
    Room* room = nullptr;
    int client_count = 0;      // of the room, on other tasks too, the new client included
    Publications before = {};  // ordered before the join: for the worker's other clients in this room
    // For a resuming client: where it stands, and the messages that follow.
    Resume resume = Resume::kNew;
    std::uint64_t position = 0;  // the number
    std::vector<History::Slice> missed = {};
    std::uint64_t epoch = 0;
  };
  // A client of `worker` becomes client and recipient of a room. With `since` it is a resuming one.
  Joined Join(std::size_t worker, std::string_view room, std::optional<std::string_view> since,
              net::Clock::time_point now);
  // One that had joined is no recipient any more.
  void EndDelivery(Room* room, Dialect dialect);
  // One that is no recipient any more has gone. How many clients the room has left, on other tasks too; `room` may be
  // gone then.
  int Leave(std::size_t worker, Room* room, Dialect dialect);

  struct Published {
    std::array<int, 2> recipients;  // of each dialect, at this point of the order, on all workers
    Publications before;  // ordered before the publication; the publication itself follows for the calling worker
  };
  // Orders `publication`, gives its messages their places, and keeps them. `worker` delivers it itself to its own
  // clients. May be told to others from here on, so that the caller must not change it any more.
  Published Publish(std::size_t worker, Room* room, const std::shared_ptr<Publication>& publication,
                    net::Clock::time_point now);
  // Orders what an operator sends, in every room. The recipients.
  int PublishFromOutside(const SharedPublication& publication);
  // Orders what an operator sends, or what a broker has ordered among the tasks, in one room, of which there may be
  // none here. The recipients.
  int PublishFromOutside(std::string_view room, const SharedPublication& publication);

  struct RoomCount {
    std::string room;
    int clients;
  };
  struct RoomCounts {
    std::size_t open = 0;  // rooms with clients
    std::vector<RoomCount> fullest = {};
  };
  // The `limit` rooms with the most clients, the fullest first; of equal ones in the order of their names.
  RoomCounts CountRooms(std::size_t limit);
  // For clients that join from now on.
  void set_max_room_clients(int count) { max_room_clients_ = count; }

  struct RoomPublications {
    Room* room;
    Publications publications;
    // Messages are missing, since the worker has fallen too far behind: nobody in the room may go on as if not.
    bool lost = false;
  };
  // Empties the inboxes of `worker`.
  std::vector<RoomPublications> Take(std::size_t worker);
  // Drops history that is too old, and rooms that it leaves empty. To be called now and then.
  void Sweep(net::Clock::time_point now);

  // How many clients of a room other tasks have.
  void SetRemoteClients(std::string_view room, int clients);
  // How many clients a room has here.
  int LocalClients(std::string_view room);
  // Makes every worker look again.
  void WakeAll() { WakeAllBut(kOutside); }

  // Of all rooms here.
  int client_count() const { return client_count_.load(std::memory_order_relaxed); }
  std::size_t room_count() const { return room_count_.load(std::memory_order_relaxed); }
  std::size_t history_bytes() const { return history_bytes_.load(std::memory_order_relaxed); }
  // Whether some worker has fallen behind by more than `max_waiting_bytes`: who publishes should stop reading until it
  // is woken.
  bool congested() const { return congested_workers_.load() > 0; }

 private:
  // What waits for one worker.
  struct Inbox {
    std::vector<Room*> rooms;  // in which something waits for it
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kOutside = ~std::size_t{0};

  Room* Find(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Room* FindOrMake(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Resolve(std::string_view since, Joined* joined) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(Room* room, const Publication& publication, net::Clock::time_point now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Changes a room's history by `change`, and what depends on it.
  template <typename Change>
  void ChangeHistory(Room* room, Change change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropOldHistory(net::Clock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveIfUnused(Room* room) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static Room::Share* FindShare(Room* room, std::size_t worker);
  // Whether the worker has fallen so far behind that what a broker tells is lost; `publication` then is.
  bool Overflows(Room::Share* share, const SharedPublication& publication, std::vector<std::size_t>* to_wake)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Append(std::size_t from, Room* room, const SharedPublication& publication, std::vector<std::size_t>* to_wake)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What waits for `worker` in a room. Sets `relieved` if publishers that pause may go on.
  Publications Empty(std::size_t worker, Room* room, bool* relieved) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // `inbox` holds so many bytes now.
  bool SetBytes(Inbox* inbox, std::size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static int RecipientsOf(const Room& room);
  // Without the lock.
  void Wake(const std::vector<std::size_t>& workers);
  void WakeAllBut(std::size_t worker);

  const Options options_;
  const std::function<void(std::size_t)> wake_;
  std::atomic<int> max_room_clients_;
  // Written under the lock, read also without it.
  std::atomic<int> client_count_{0};
  std::atomic<std::size_t> room_count_{0};
  std::atomic<std::size_t> history_bytes_{0};
  std::atomic<int> congested_workers_{0};

  net::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Room>> rooms_ ABSL_GUARDED_BY(mutex_);
  std::list<Room*> by_age_ ABSL_GUARDED_BY(mutex_);  // those with history, the one that is silent for longest first
  // Those without clients, kept for their history, the one left for longest first.
  std::list<Room*> abandoned_ ABSL_GUARDED_BY(mutex_);
  std::vector<Inbox> inboxes_ ABSL_GUARDED_BY(mutex_);
  // Of rooms that have clients on other tasks; as many as there may be rooms.
  absl::flat_hash_map<std::string, int> remote_clients_ ABSL_GUARDED_BY(mutex_);
  // With a room's name makes its epoch. Changes when a room goes in which something was said.
  std::uint64_t generation_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::origin
