#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "origin/broker/broker.h"
#include "origin/broker/redis/client/redis_reply.h"
#include "origin/broker/redis/room/stream_id.h"
#include "origin/message/person.h"

namespace viaduct::origin {

// One message in a room's stream. A value.
struct RoomEntry {
  StreamId id;
  StreamId previous;         // id of the entry before it, which may be gone by now: entries form a chain
  std::string task;          // that appended it
  std::uint64_t number = 0;  // increases with each entry of a task
  RoomMessage message;       // with room and position

  // Memory that it takes, for bounds.
  std::size_t bytes() const { return sizeof(RoomEntry) + message.text.size() + message.name.size(); }
};

// An announcement on a room's channel: new entries, or the number of clients that a task has there.
struct PresenceAnnouncement {
  std::string task;
  int clients = 0;
  std::int64_t millis = 0;  // how long the count holds
  People people = {};       // those of the clients who have a name
};
using RoomAnnouncement = std::variant<std::vector<RoomEntry>, PresenceAnnouncement>;

// Parses what AppendScript or PresenceScript announced; nullopt for anything else, which anybody may have published.
std::optional<RoomAnnouncement> ParseAnnouncement(std::string_view room, std::string_view payload);

// Parses the reply of XRANGE or XREVRANGE, in its order; nullopt if an entry is not one of ours.
std::optional<std::vector<RoomEntry>> ParseRoomEntries(std::string_view room, RedisReply entries);

// Packs people for PresenceScript.
std::string PackPeople(const People& people);

// Parses the rows of four that PresenceScript returns.
std::optional<std::vector<PresenceAnnouncement>> ParsePresence(const RedisReply& others);

}  // namespace viaduct::origin
