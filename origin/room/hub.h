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
#include "ip/ip_address.h"
#include "net/address_tally.h"
#include "net/event_loop.h"
#include "net/mutex.h"
#include "origin/message/chat_frames.h"
#include "origin/message/person.h"
#include "origin/message/publication.h"
#include "origin/room/history.h"
#include "origin/room/removed_rooms.h"
#include "origin/room/room.h"

namespace viaduct::origin {

// Gives the messages of each room of this process one order, keeps the latest, and passes them to every worker that has
// clients in the room; the workers deliver them.
// One lock decides the order: under it a publication is appended to the room's inbox of every such worker and to the
// room's history. So all clients of a room see the same messages in the same order, and a client that joins sees
// exactly
// those that are ordered after its join, behind what it gets from the history. The inboxes are bounded by the
// publishers,
// who must pause while `congested`; messages from a broker are dropped above a further limit, and the worker is told to
// close the clients that miss them.
//
// A room is created with its first client and destroyed when it has neither clients nor history.
// Clients are all that have connected and not left; recipients are those that still receive messages, so not the ones
// that are closing.
// Thread-safe. Times must come from one clock; they may go backwards between calls.
class Hub {
 public:
  struct Options {
    std::size_t workers = 1;
    // Bytes that may wait for a worker before publishers must pause.
    std::size_t max_waiting_bytes = 0;
    // Bytes that may wait for a worker when they come from a broker, which cannot be paused.
    std::size_t max_waiting_from_broker_bytes = 0;
    std::size_t max_rooms = 0;
    int max_room_clients = 0;
    // How many rooms each viewer may open, and what counts them; 0: any number.
    int max_rooms_per_viewer = 0;
    net::AddressTally* viewers = nullptr;
    History::Limits history = {};           // of each room
    std::size_t max_all_history_bytes = 0;  // of all rooms; the rooms that have been silent longest lose theirs first
  };

  // Calls `wake(worker)`, without holding the lock, when something is put into the empty inbox of a worker, and when a
  // worker that pauses should check `congested` again.
  Hub(const Options& options, std::function<void(std::size_t worker)> wake);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  enum class Refusal : std::uint8_t { kTooManyRooms, kTooManyViewerRooms, kRoomFull };
  struct Joined {
    std::optional<Refusal> refusal = std::nullopt;  // if set, nothing has happened and the rest is empty
    Room* room = nullptr;
    int client_count = 0;      // of the room, including other tasks and the new client
    Publications before = {};  // ordered before the join: for the worker's other clients in this room
    // For a resuming client: its position, and the messages that follow. One that asks for the last messages is new.
    Resume resume = Resume::kNew;
    std::uint64_t position = 0;  // the number
    std::vector<History::Slice> missed = {};
    net::Clock::time_point time = {};  // of the join
    std::uint64_t epoch = 0;
  };
  // Adds a client of `worker` to a room, as client and recipient. With `since` it is a resuming one. If nobody is in
  // the room, `viewer` opens it: the room counts for that viewer until it is empty again. The default room counts for
  // nobody, and not for max_rooms, so that it can always be entered.
  Joined Join(std::size_t worker, std::string_view room, std::optional<std::string_view> since,
              net::Clock::time_point now, const std::optional<ip::IpAddress>& viewer = std::nullopt);
  // A client that has joined stops being a recipient.
  void EndDelivery(Room* room, Dialect dialect);
  // A client that is no longer a recipient has left. Returns the number of clients left in the room, including other
  // tasks;
  // `room` may be destroyed.
  int Leave(std::size_t worker, Room* room, Dialect dialect);

  struct Published {
    std::array<int, 2> recipients;  // by dialect, on all workers, at this point of the order
    Publications before;  // ordered before the publication; the publication itself follows for the calling worker
  };
  // Orders `publication`, gives its messages their positions, and keeps them. `worker` delivers it to its own clients
  // itself. Others may read it from now on, so the caller must not change it any more.
  Published Publish(std::size_t worker, Room* room, const std::shared_ptr<Publication>& publication,
                    net::Clock::time_point now);
  // Orders a message of an operator in every room. Returns the number of recipients.
  int PublishFromOutside(const SharedPublication& publication);
  // Orders a message of an operator, or messages that a broker has ordered among the tasks, in one room, which need not
  // exist. Returns the number of recipients.
  int PublishFromOutside(std::string_view room, const SharedPublication& publication);

  struct RoomCount {
    std::string room;
    int clients;
  };
  struct RoomCounts {
    std::size_t open = 0;  // rooms with clients
    std::vector<RoomCount> fullest = {};
  };
  // The `limit` rooms with the most clients, fullest first, then by name.
  RoomCounts CountRooms(std::size_t limit);
  // Applies to clients that join from now on.
  void set_max_room_clients(int count) { max_room_clients_ = count; }

  struct RoomPublications {
    Room* room;
    Publications publications;
    // Messages are missing because the worker has fallen too far behind: its clients in the room must be closed.
    bool lost = false;
  };
  // Empties the inboxes of `worker`.
  std::vector<RoomPublications> Take(std::size_t worker);
  // Drops history that is too old, and rooms that are unused then. Must be called from time to time.
  void Sweep(net::Clock::time_point now);

  // Sets the number of clients that other tasks have in a room, and who of them has a name.
  void SetRemoteClients(std::string_view room, int clients, People people);
  // Returns who of the clients that this process has in a room has a name; see Roster::Local.
  People LocalPeople(std::string_view room);
  // The number of clients that this process has in a room.
  int LocalClients(std::string_view room);
  // Wakes every worker.
  void WakeAll() { WakeAllBut(kOutside); }

  // The number of clients in all rooms of this process.
  int client_count() const { return client_count_.load(std::memory_order_relaxed); }
  std::size_t room_count() const { return room_count_.load(std::memory_order_relaxed); }
  std::size_t history_bytes() const { return history_bytes_.load(std::memory_order_relaxed); }
  // True if more than `max_waiting_bytes` wait for some worker: publishers should stop reading until they are woken.
  bool congested() const { return congested_workers_.load() > 0; }

 private:
  // Publications that wait for one worker.
  struct Inbox {
    std::vector<Room*> rooms;  // in which something waits for it
    std::size_t bytes = 0;
  };
  struct RemoteClients {
    int clients = 0;
    People people = {};
  };
  static constexpr std::size_t kOutside = ~std::size_t{0};

  Room* Find(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Makes a room that is not there. Returns null if there are too many.
  Room* Make(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The rooms that count for max_rooms.
  std::size_t CountedRooms() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Resolve(std::string_view since, Joined* joined) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(Room* room, const Publication& publication, net::Clock::time_point now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Applies `change` to a room's history, and updates what depends on it.
  template <typename Change>
  void ChangeHistory(Room* room, Change change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropOldHistory(net::Clock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveIfUnused(Room* room) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static Room::Share* FindShare(Room* room, std::size_t worker);
  // Returns true if the worker has fallen so far behind that `publication`, which comes from a broker, is lost.
  bool Overflows(Room::Share* share, const SharedPublication& publication, std::vector<std::size_t>* to_wake)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Append(std::size_t from, Room* room, const SharedPublication& publication, std::vector<std::size_t>* to_wake)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes what waits for `worker` in a room. Sets `relieved` if publishers that pause may continue.
  Publications Empty(std::size_t worker, Room* room, bool* relieved) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sets the bytes that `inbox` holds.
  bool SetBytes(Inbox* inbox, std::size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static int RecipientsOf(const Room& room);
  // Must be called without the lock.
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
  std::list<Room*> by_age_ ABSL_GUARDED_BY(mutex_);  // rooms with history, the longest silent one first
  // Rooms without clients, kept for their history; the one left longest ago first.
  std::list<Room*> abandoned_ ABSL_GUARDED_BY(mutex_);
  std::vector<Inbox> inboxes_ ABSL_GUARDED_BY(mutex_);
  // Has an entry for each room with clients on other tasks; at most as many as there may be rooms, and the default
  // room.
  absl::flat_hash_map<std::string, RemoteClients> remote_clients_ ABSL_GUARDED_BY(mutex_);
  RemovedRooms removed_ ABSL_GUARDED_BY(mutex_);
  const std::uint64_t process_number_;  // random; makes an epoch, together with a room's name
};

}  // namespace viaduct::origin
