#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace viaduct::sidecar {

// Why a request or a tunnel ended: the closed list, also of the log and of the metrics. docs/operations.md says for
// each what to do.
enum class EndReason : std::uint8_t {
  // Requests.
  kCompleted,                // the upstream's response was delivered
  kHealthCheck,              // answered here
  kDenied,                   // by the filter; the log line has its reason
  kBadRequest,               // a head that must not be forwarded; the log line names the rule
  kBadRequestBody,           // broken chunks
  kBadUpgrade,               // not a WebSocket handshake of RFC 6455
  kBadWebSocketVersion,      // not version 13
  kNoRoute,                  // no route's prefix fits the path
  kUpgradeNotAllowed,        // the route takes no upgrades
  kHttpNotAllowed,           // the route takes nothing else
  kTlsHandshakeFailed,       // the log line has OpenSSL's reason
  kTlsHandshakeTimeout,      //
  kRequestHeadTimeout,       //
  kBodyTimeout,              // a body stood still
  kTooManySessions,          //
  kDraining,                 // an upgrade while the task stops
  kUpstreamConnectFailed,    //
  kUpstreamConnectTimeout,   //
  kUpstreamResponseTimeout,  //
  kUpgradeTimeout,           // the upstream took an upgrade and did not answer
  kUpstreamReset,            // the upstream closed in the middle of an exchange
  kBadUpstreamResponse,      // a response that must not be passed on; the log line names the rule
  kBadUpstreamUpgrade,       // a 101 that nobody asked for or that does not answer the key
  kDownstreamDisconnect,     // the peer closed in the middle of an exchange
  // Tunnels.
  kViewerClose,            // the viewer began the close handshake
  kUpstreamClose,          // the upstream did
  kViewerDisconnect,       // the viewer's connection ended without a Close frame
  kUpstreamDisconnect,     // the upstream's did
  kIdleTimeout,            // no data frame
  kViewerIdleTimeout,      // no data frame of the viewer
  kUpstreamIdleTimeout,    // no data frame of the upstream
  kMaxDuration,            // open for as long as a tunnel may be
  kViewerUnresponsive,     // no byte after our ping
  kViewerProtocolError,    // RFC 6455 section 5 broken by the viewer; the log line names the rule
  kUpstreamProtocolError,  // by the upstream
  kAdminClose,             // an operator closed it
  kDrain,                  // the task stops
  // Both.
  kCut,  // still open at the end of the drain
};

inline constexpr std::size_t kEndReasonCount = static_cast<std::size_t>(EndReason::kCut) + 1;

// The one spelling in logs, metrics and docs, e.g. "idle_timeout".
std::string_view EndReasonName(EndReason reason);

}  // namespace viaduct::sidecar
