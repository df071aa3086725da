#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "origin/http/upgrade_request.h"

namespace viaduct::origin {

inline constexpr std::size_t kMaxRoomNameBytes = 64;
inline constexpr std::size_t kMaxPositionBytes = 64;

// Whether `name` can name a room: at most 64 of [A-Za-z0-9._~-]; "" is the default room.
bool IsRoomName(std::string_view name);
// Whether `text` can be a position in a room's history: at most 64 of [A-Za-z0-9._-]; "" is none.
bool IsPosition(std::string_view text);

// What the query of a request for a WebSocket asks for. A value.
struct RoomQuery {
  std::string room;
  // Given, perhaps empty: the client can resume.
  std::optional<std::string> since;
};

// Reads `room` and `since` of a request target's query, percent-decoded (RFC 3986 section 2.1). Other parameters are
// ignored. Refused: kBadRoom, kBadSince.
std::optional<UpgradeRefusal> ReadRoomQuery(std::string_view target, RoomQuery* out);

}  // namespace viaduct::origin
