#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/head.h"
#include "text/closed_list.h"

namespace viaduct::origin {

// The reason why a request for a WebSocket is refused: a closed list.
enum class UpgradeRefusal : std::uint8_t {
  kNotGet,
  kHasBody,             // a handshake has none (RFC 6455 section 4.1); two parsers could read the bytes differently
  kNotAskedFor,         // no Upgrade field, or not exactly `websocket` in it, or HTTP/1.0
  kConnectionMismatch,  // Connection does not name `upgrade`
  kWrongVersion,        // Sec-WebSocket-Version is not one 13
  kBadKey,              // Sec-WebSocket-Key is not one key of 16 bytes
  kBadRoom,             // the query's `room` is given twice, or is no name of a room
  kBadSince,            // the query's `since` is given twice, or is no position
  kBadName,             // the query's `name` is given twice, or is no name of a person
  kDraining,            // this process is going away
  kFull,                // as many connections as allowed
  kTooManyRooms,        // a room more than allowed
  kTooManyViewerConnections,  // as many connections of this viewer as allowed
  kTooManyViewerRooms,        // the viewer has opened as many rooms as allowed
  kRoomFull,                  // as many connections in the room as allowed
};

inline constexpr auto kUpgradeRefusals = text::ClosedListOf<UpgradeRefusal>({
    {UpgradeRefusal::kNotGet, "not_get"},
    {UpgradeRefusal::kHasBody, "has_body"},
    {UpgradeRefusal::kNotAskedFor, "not_asked_for"},
    {UpgradeRefusal::kConnectionMismatch, "connection_mismatch"},
    {UpgradeRefusal::kWrongVersion, "wrong_version"},
    {UpgradeRefusal::kBadKey, "bad_key"},
    {UpgradeRefusal::kBadRoom, "bad_room"},
    {UpgradeRefusal::kBadSince, "bad_since"},
    {UpgradeRefusal::kBadName, "bad_name"},
    {UpgradeRefusal::kDraining, "draining"},
    {UpgradeRefusal::kFull, "full"},
    {UpgradeRefusal::kTooManyRooms, "too_many_rooms"},
    {UpgradeRefusal::kTooManyViewerConnections, "too_many_viewer_connections"},
    {UpgradeRefusal::kTooManyViewerRooms, "too_many_viewer_rooms"},
    {UpgradeRefusal::kRoomFull, "room_full"},
});

// Checks the opening handshake of RFC 6455 section 4.2.1. If it is valid, `key` views the Sec-WebSocket-Key in the
// head. Offered extensions and subprotocols are ignored: none is chosen.
std::optional<UpgradeRefusal> CheckUpgrade(const http::RequestHead& head, std::string_view* key);

}  // namespace viaduct::origin
