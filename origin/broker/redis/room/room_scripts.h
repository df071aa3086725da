#pragma once

#include <chrono>

#include "origin/broker/redis/client/redis_script.h"

namespace viaduct::origin {

// Time for which the id of a stream's last entry is kept: until then, a client that missed nothing is told so.
inline constexpr auto kStreamEndAge = std::chrono::hours(7 * 24);

// Appends those messages of one task to a room's stream that are not there yet, and announces them.
//   Keys: the stream; the number of the task's last message in it; the stream's end.
//   Arguments: the channel; the task; how many messages are kept; for how long, in ms; how long the last number is
//   kept, in ms; the same for the stream's end; then for each message its number, id, sender, text, and the sender's
//   name or "", in the order of their numbers.
//   Returns the last number. Announces: "M", the id before the first one appended, the task, and for each one appended
//   the entry's id, the number, id, sender and text; if any has a name, "N", and for each one the name, too.
const RedisScript& AppendScript();

// Reads entries of a stream, oldest first, up to a number of entries and bytes, but at least one if there is any.
//   Keys: the stream; its end. Arguments: where to begin, as for XRANGE; entries; bytes; how many of the stream's
//   newest entries count, -1 for all. Returns the id of the last entry that the stream ever had, "0-0" if that is not
//   known, and the entries.
const RedisScript& ReadScript();

// Sets the number of a task's clients in a room, and returns those of the other tasks.
//   Keys: the room's hash of tasks; its stream, which is kept as long as there are clients; the stream's end.
//   Arguments: the task; its clients, 0 to forget it; for how long that holds, in ms; the announcement channel, or "";
//   how long the stream is kept, in ms; how long its end is kept, in ms; PackPeople's text, or "" or nothing.
//   Returns the id of the stream's last entry as above, and for each other task its name, clients, for how long that
//   holds, and people. Announces: "P", the task, its clients, for how long that holds, and people if there are any.
const RedisScript& PresenceScript();

}  // namespace viaduct::origin
