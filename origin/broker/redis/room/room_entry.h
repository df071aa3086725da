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

namespace viaduct::origin {

// One message as a room's stream holds it. A value.
struct RoomEntry {
  StreamId id;
  StreamId previous;         // of the entry before it in the stream, which may be gone by now: entries form a chain
  std::string task;          // who appended it
  std::uint64_t number = 0;  // rises with each entry of a task
  RoomMessage message;       // with room and position

  // Memory that it takes, for bounds.
  std::size_t bytes() const { return sizeof(RoomEntry) + message.text.size(); }
};

// What a room's channel tells: new entries, or how many clients a task has there.
struct PresenceAnnouncement {
  std::string task;
  int clients = 0;
  std::int64_t millis = 0;  // for how long that holds
};
using RoomAnnouncement = std::variant<std::vector<RoomEntry>, PresenceAnnouncement>;

// Reads what AppendScript or PresenceScript told. Nothing for anything else: who writes to our channels is not ours.
std::optional<RoomAnnouncement> ParseAnnouncement(std::string_view room, std::string_view payload);

// Reads what XRANGE or XREVRANGE gave, in its order. Nothing when an entry is not one of ours.
std::optional<std::vector<RoomEntry>> ParseRoomEntries(std::string_view room, RedisReply entries);

// Reads the rows of three that PresenceScript answers.
std::optional<std::vector<PresenceAnnouncement>> ParsePresence(const RedisReply& others);

}  // namespace viaduct::origin
