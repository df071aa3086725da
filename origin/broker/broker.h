#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "origin/message/person.h"
#include "origin/message/uuid.h"

namespace viaduct::origin {

// One message of a room, as tasks exchange it. A value.
struct RoomMessage {
  std::string room;          // "" is the default room
  Uuid sender;               // the connection
  std::string id;            // unique for ever, set by the task that received it: "<task>-<number>"; of [A-Za-z0-9._-]
  std::string text;          // UTF-8; the JSON member "message"
  std::string position;      // in the room's history, at most 64 of [A-Za-z0-9._-]; "" while unknown
  std::string name = {};     // the sender's, or ""; see IsPersonName
  std::int64_t sent_ms = 0;  // when the broker took it, in ms since 1970; 0 while unknown
};

// Gives the messages of all tasks one order in each room, and delivers them to every task.
// A chat without a broker is a single task, whose hub orders its messages. A broker knows nothing of hub, sessions and
// workers. All members except the destructor are thread-safe, none blocks, and none calls the listener before it
// returns.
// The listener must outlive the broker. A broker that is being destroyed calls nobody and drops the answers that it
// owes.
class Broker {
 public:
  // Called on the broker's thread, one call at a time. Must not block; may call the broker.
  class Listener {
   public:
    // Messages to deliver to this task's clients in each message's room, to the sender as an echo. The messages of one
    // room come in the room's order, each once, and those of one sender in the order in which it sent them. They come
    // for
    // every room that has clients here according to SetPresence, and may come for other rooms.
    // Messages that this task published while the broker cannot reach the other tasks (`degraded`) also come back,
    // without
    // a position. They do not come a second time when the other tasks get them.
    virtual void OnMessages(std::vector<RoomMessage> messages) = 0;
    // The number of clients of any room that are connected to other tasks, called when it has changed. It is 0 before
    // the
    // first call for a room, and is set to 0 for all rooms when the broker no longer knows.
    // `people` are those of them who have a name; if there are more than kMaxPeopleTold, some may be missing.
    virtual void OnPresence(std::string_view room, int remote_clients, People people) = 0;
    // `congested` was true and is now false.
    virtual void OnRelieved() = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Broker() = default;

  // Takes messages without a position, in order. Each comes back through OnMessages, unless it is dropped and counted.
  // The
  // order of calls from one thread is kept. The caller sets `id`.
  virtual void Publish(std::vector<RoomMessage> messages) = 0;
  // True if so much is waiting that publishers should stop reading from their clients until OnRelieved. What they still
  // publish is bounded by what their clients had already sent.
  virtual bool congested() const = 0;

  // Sets the number of clients of a room that are connected to this task; 0 when the last one has left. The last call
  // wins,
  // and the caller orders its calls. When a room gets its first client, the call precedes that client's ReadHistory;
  // the
  // broker listens for the room's messages from then on.
  // `people` are those of them who have a name, at most kMaxPeopleTold + 1.
  virtual void SetPresence(std::string_view room, int local_clients, People people) = 0;

  // The part of a room's history after a position.
  struct History {
    enum class Kind {
      kComplete,  // `messages` are all messages after the position
      kGap,       // some messages after it are not kept any more, or the position is from another history
    };
    Kind kind = Kind::kComplete;
    std::vector<RoomMessage> messages = {};  // oldest first, bounded; each with its position
    // The position just before the first of `messages`, or the newest position of the room if there are none; never "".
    std::string position = {};
    // True if more messages follow the last of `messages`, of which there is at least one: its position is the next
    // `since`. Messages delivered meanwhile will be in one of the answers.
    bool more = false;
  };
  // Reads the history after `since`, a position of any age or origin: it comes from a client and is only known to be at
  // most 64 of [A-Za-z0-9._-]. An empty `since` asks for the room's current position: kComplete without messages. One
  // of NewestAsked asks for the last messages, as many as are kept: kComplete, too. `done` is called once, on the
  // broker's thread, at the latest when the broker's own deadline has passed. It gets an error then, and also while the
  // broker is degraded. The place of an answer without `more` among the calls of OnMessages is exact: OnMessages
  // delivers no message of the answer after `done` (the broker leaves out of the answer what it has still to deliver),
  // and no message is missing between the last one of the answer and the next one delivered. Messages delivered before
  // `done` may be in the answer too.
  virtual void ReadHistory(std::string room, std::string since,
                           std::function<void(absl::StatusOr<History> history)> done) = 0;

  // True while messages do not reach other tasks, or theirs do not reach this one.
  virtual bool degraded() const = 0;
};

}  // namespace viaduct::origin
