#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/head.h"
#include "text/closed_list.h"

namespace viaduct::sidecar {

// The reason why a request to upgrade is refused. The upstream never sees such a request: its sender could otherwise
// choose the protocol of the bytes that follow (h2c smuggling), or make proxy and upstream disagree about them.
enum class UpgradeError : std::uint8_t {
  kMethod,              // not GET
  kNotWebSocket,        // Upgrade names `websocket`, but not alone
  kConnection,          // Connection does not name `upgrade`
  kVersionUnsupported,  // Sec-WebSocket-Version is not one field saying 13
  kKey,                 // Sec-WebSocket-Key is not one field of 16 bytes in base64
  kBody,                // has a body
};

inline constexpr auto kUpgradeErrors = text::ClosedListOf<UpgradeError>({
    {UpgradeError::kMethod, "upgrade_method"},
    {UpgradeError::kNotWebSocket, "upgrade_not_websocket"},
    {UpgradeError::kConnection, "upgrade_connection"},
    {UpgradeError::kVersionUnsupported, "upgrade_version_unsupported"},
    {UpgradeError::kKey, "upgrade_key"},
    {UpgradeError::kBody, "upgrade_body"},
});

// Checks a request that wants a WebSocket (RequestHead::wants_websocket) against RFC 6455 section 4.2.1. If it is a
// handshake, returns nullopt and sets `*key` to its Sec-WebSocket-Key.
std::optional<UpgradeError> CheckUpgradeRequest(const http::RequestHead& head, std::string_view* key);

// The reason why an upstream's 101 is refused. The bytes that follow a 101 are no longer HTTP.
enum class SwitchError : std::uint8_t {
  kUnasked,       // the request was no handshake
  kHttpVersion,   // not HTTP/1.1
  kNotWebSocket,  // Upgrade is not the one token `websocket`
  kConnection,    // Connection does not name `upgrade`
  kAccept,        // Sec-WebSocket-Accept is not one field that answers the key
};

inline constexpr auto kSwitchErrors = text::ClosedListOf<SwitchError>({
    {SwitchError::kUnasked, "switch_unasked"},
    {SwitchError::kHttpVersion, "switch_http_version"},
    {SwitchError::kNotWebSocket, "switch_not_websocket"},
    {SwitchError::kConnection, "switch_connection"},
    {SwitchError::kAccept, "switch_accept"},
});

// Checks a 101 that must accept the handshake whose Sec-WebSocket-Accept is `accept` (RFC 6455 section 4.1); nullopt
// if it does. `accept` is empty if the request was none.
std::optional<SwitchError> CheckSwitch(const http::ResponseHead& head, std::string_view accept);

}  // namespace viaduct::sidecar
