#pragma once

#include <cstdint>

#include "text/closed_list.h"

namespace viaduct::sidecar {

// The reason why a request ended. docs/operations.md says what to do about each.
enum class RequestEnd : std::uint8_t {
  kCompleted,                // the upstream's response was delivered
  kHealthCheck,              // answered by the sidecar itself
  kDenied,                   // by the filter; the log line has its reason
  kBadRequest,               // a head that must not be forwarded; the log line names the rule
  kBadRequestBody,           // broken chunks
  kBadUpgrade,               // not a WebSocket handshake of RFC 6455
  kBadWebSocketVersion,      // not version 13
  kNoRoute,                  // no route's prefix fits the path
  kUpgradeNotAllowed,        // the route takes no upgrades
  kHttpNotAllowed,           // the route takes only upgrades
  kTlsHandshakeFailed,       // the log line has OpenSSL's reason
  kTlsHandshakeTimeout,      //
  kRequestHeadTimeout,       //
  kBodyTimeout,              // a body stood still
  kBodyTooSlow,              // the viewer sent or took a body more slowly than it may
  kTooManySessions,          //
  kTooManyViewerTunnels,     // of this viewer
  kTooManyViewerRequests,    // of this viewer
  kDraining,                 // an upgrade while the task is stopping
  kUpstreamConnectFailed,    //
  kUpstreamConnectTimeout,   //
  kUpstreamResponseTimeout,  //
  kUpgradeTimeout,           // the upstream accepted the connection but did not answer the upgrade
  kUpstreamReset,            // the upstream closed in the middle of an exchange
  kBadUpstreamResponse,      // a response that must not be passed on; the log line names the rule
  kBadUpstreamUpgrade,       // a 101 that nobody asked for or that does not answer the key
  kDownstreamDisconnect,     // the peer closed in the middle of an exchange
  kCut,                      // still open at the end of the drain
};

// The reasons with their names in log, metrics and docs.
inline constexpr auto kRequestEnds = text::ClosedListOf<RequestEnd>({
    {RequestEnd::kCompleted, "completed"},
    {RequestEnd::kHealthCheck, "health_check"},
    {RequestEnd::kDenied, "denied"},
    {RequestEnd::kBadRequest, "bad_request"},
    {RequestEnd::kBadRequestBody, "bad_request_body"},
    {RequestEnd::kBadUpgrade, "bad_upgrade"},
    {RequestEnd::kBadWebSocketVersion, "bad_websocket_version"},
    {RequestEnd::kNoRoute, "no_route"},
    {RequestEnd::kUpgradeNotAllowed, "upgrade_not_allowed"},
    {RequestEnd::kHttpNotAllowed, "http_not_allowed"},
    {RequestEnd::kTlsHandshakeFailed, "tls_handshake_failed"},
    {RequestEnd::kTlsHandshakeTimeout, "tls_handshake_timeout"},
    {RequestEnd::kRequestHeadTimeout, "request_head_timeout"},
    {RequestEnd::kBodyTimeout, "body_timeout"},
    {RequestEnd::kBodyTooSlow, "body_too_slow"},
    {RequestEnd::kTooManySessions, "too_many_sessions"},
    {RequestEnd::kTooManyViewerTunnels, "too_many_viewer_tunnels"},
    {RequestEnd::kTooManyViewerRequests, "too_many_viewer_requests"},
    {RequestEnd::kDraining, "draining"},
    {RequestEnd::kUpstreamConnectFailed, "upstream_connect_failed"},
    {RequestEnd::kUpstreamConnectTimeout, "upstream_connect_timeout"},
    {RequestEnd::kUpstreamResponseTimeout, "upstream_response_timeout"},
    {RequestEnd::kUpgradeTimeout, "upgrade_timeout"},
    {RequestEnd::kUpstreamReset, "upstream_reset"},
    {RequestEnd::kBadUpstreamResponse, "bad_upstream_response"},
    {RequestEnd::kBadUpstreamUpgrade, "bad_upstream_upgrade"},
    {RequestEnd::kDownstreamDisconnect, "downstream_disconnect"},
    {RequestEnd::kCut, "cut"},
});

}  // namespace viaduct::sidecar
