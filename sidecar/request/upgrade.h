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
  kHttpVersion,         // not HTTP/1.1
  kNotWebSocket,        // Upgrade is not the one token `websocket`
  kConnection,          // Connection does not name `upgrade`
  kVersionUnsupported,  // Sec-WebSocket-Version is not one field saying 13
  kKey,                 // Sec-WebSocket-Key is not one field of 16 bytes in base64
  kBody,                // has a body
};

inline constexpr auto kUpgradeErrors = text::ClosedListOf<UpgradeError>({
    {UpgradeError::kMethod, "upgrade_method"},
    {UpgradeError::kHttpVersion, "upgrade_http_version"},
    {UpgradeError::kNotWebSocket, "upgrade_not_websocket"},
    {UpgradeError::kConnection, "upgrade_connection"},
    {UpgradeError::kVersionUnsupported, "upgrade_version_unsupported"},
    {UpgradeError::kKey, "upgrade_key"},
    {UpgradeError::kBody, "upgrade_body"},
});

// Checks a request with an Upgrade field against RFC 6455 section 4.2.1. If it is a WebSocket handshake, returns
// nullopt and sets `*key` to its Sec-WebSocket-Key.
std::optional<UpgradeError> CheckUpgradeRequest(const http::RequestHead& head, std::string_view* key);

// Returns true if `head` is a 101 that accepts the handshake; its Sec-WebSocket-Accept must be `accept` (RFC 6455
// section 4.1).
bool AnswersUpgrade(const http::ResponseHead& head, std::string_view accept);

}  // namespace viaduct::sidecar
