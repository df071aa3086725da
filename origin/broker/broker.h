#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "origin/message/uuid.h"

namespace viaduct::origin {

// One message of a room as it crosses tasks. A value.
struct RoomMessage {
  std::string room;      // "" is the default room
  Uuid sender;           // the connection
  std::string id;        // unique for ever, set by the task that took it: "<task>-<number>"; of [A-Za-z0-9._-]
  std::string text;      // UTF-8; what JSON "message" holds
  std::string position;  // in the room's history, at most 64 of [A-Za-z0-9._-]; "" while unknown
};

// Puts the messages of all tasks into one order a room and brings them to every task.
//
// Without one, the hub orders the messages of its own process, which are all there are. Knows nothing of hub, sessions
// and workers. All members but the destructor are thread-safe, none blocks, and none calls the listener before it
// returns. Made with its listener, which must live until the broker has ended; a broker that ends calls nobody any more
// and drops the answers that it still owes.
class Broker {
 public:
  // Called on the broker's thread, one call at a time; must not block, and may call the broker.
  class Listener {
   public:
    // To be delivered to this task's clients of each message's room, to the sender as an echo. The messages of one room
    // come in the room's order, each once; those of one sender in the order in which it sent them. They come for every
    // room that has clients here, as SetPresence has told; for other rooms they may come or not.
    //
    // Messages that this task published while the broker cannot reach the others (`degraded`) come back all the same,
    // without a position; when the others have got them, they do not come a second time.
    virtual void OnMessages(std::vector<RoomMessage> messages) = 0;
    // How many clients of a room are connected to other tasks. Told when it has changed, of any room; 0 for a room that
    // was never told, and for all rooms when the broker no longer knows.
    virtual void OnPresence(std::string_view room, int remote_clients) = 0;
    // `congested` was true and is so no more.
    virtual void OnRelieved() = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Broker() = default;

  // Takes messages without a position, in order; each comes back by OnMessages, unless it is dropped and counted. The
  // order of one thread's calls is kept. `id` is the caller's.
  virtual void Publish(std::vector<RoomMessage> messages) = 0;
  // Whether so much waits that who publishes should stop reading from its clients until OnRelieved. What is published
  // all the same is bounded by what the clients had sent before.
  virtual bool congested() const = 0;

  // How many clients of a room are connected to this task; 0 when the last has gone. What is told last holds; the
  // caller sees to the order of its calls. When a room gets its first client this comes before that client's
  // ReadHistory, and the room's messages are listened for from here on.
  virtual void SetPresence(std::string_view room, int local_clients) = 0;

  // What a room's history has after a position.
  struct History {
    enum class Kind {
      kComplete,  // `messages` is all that came after the position
      kGap,       // some of what came after it is not kept any more, or the position is of another history
    };
    Kind kind = Kind::kComplete;
    std::vector<RoomMessage> messages = {};  // oldest first, bounded; each with its position
    // Where a client stands before `messages`: just before the first of them. Without any, the newest position of the
    // room; never "".
    std::string position = {};
  };
  // Asks what came after `since`, a position of any age or origin: it is a client's word, only checked to be at most
  // 64 of [A-Za-z0-9._-]. An empty one asks where the room stands now: kComplete without messages.
  //
  // `done` is called once, on the broker's thread, at the latest when the broker's own deadline has passed: then with
  // an error, as when the broker is degraded. Its place among the calls of OnMessages is exact: no message of the
  // answer is told by OnMessages after `done` (the broker leaves out of the answer what it has still to tell), and
  // none is missing between the last of the answer and the next one told. What was told before `done` may be in the
  // answer too.
  virtual void ReadHistory(std::string room, std::string since,
                           std::function<void(absl::StatusOr<History> history)> done) = 0;

  // Whether messages do not reach other tasks, or theirs not us, at the moment.
  virtual bool degraded() const = 0;
};

}  // namespace viaduct::origin
