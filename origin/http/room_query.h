#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "origin/http/upgrade_request.h"

namespace viaduct::origin {

inline constexpr std::size_t kMaxRoomNameBytes = 64;
inline constexpr std::size_t kMaxPositionBytes = 64;

// True if `name` is a valid room name: at most 64 of [A-Za-z0-9._~-]; "" is the default room.
bool IsRoomName(std::string_view name);
// True if `text` may be a position in a room's history: at most 64 of [A-Za-z0-9._-]; "" means none.
bool IsPosition(std::string_view text);

// The query of a request for a WebSocket. A value.
struct RoomQuery {
  std::string room;
  // If set, even to "", the client can resume.
  std::optional<std::string> since;
  // Only with `since`; "" if the client has none.
  std::string name;
};

// Reads `room`, `since` and, if that is there, `name` from the query of a request target, percent-decoded (RFC 3986
// section 2.1). Other parameters are ignored. Returns kBadRoom, kBadSince or kBadName if a parameter is invalid or
// repeated.
std::optional<UpgradeRefusal> ReadRoomQuery(std::string_view target, RoomQuery* out);

}  // namespace viaduct::origin
