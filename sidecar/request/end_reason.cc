#include "sidecar/request/end_reason.h"

namespace viaduct::sidecar {

std::string_view EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kCompleted:
      return "completed";
    case EndReason::kHealthCheck:
      return "health_check";
    case EndReason::kDenied:
      return "denied";
    case EndReason::kBadRequest:
      return "bad_request";
    case EndReason::kBadRequestBody:
      return "bad_request_body";
    case EndReason::kBadUpgrade:
      return "bad_upgrade";
    case EndReason::kBadWebSocketVersion:
      return "bad_websocket_version";
    case EndReason::kNoRoute:
      return "no_route";
    case EndReason::kUpgradeNotAllowed:
      return "upgrade_not_allowed";
    case EndReason::kHttpNotAllowed:
      return "http_not_allowed";
    case EndReason::kTlsHandshakeFailed:
      return "tls_handshake_failed";
    case EndReason::kTlsHandshakeTimeout:
      return "tls_handshake_timeout";
    case EndReason::kRequestHeadTimeout:
      return "request_head_timeout";
    case EndReason::kBodyTimeout:
      return "body_timeout";
    case EndReason::kTooManySessions:
      return "too_many_sessions";
    case EndReason::kDraining:
      return "draining";
    case EndReason::kUpstreamConnectFailed:
      return "upstream_connect_failed";
    case EndReason::kUpstreamConnectTimeout:
      return "upstream_connect_timeout";
    case EndReason::kUpstreamResponseTimeout:
      return "upstream_response_timeout";
    case EndReason::kUpgradeTimeout:
      return "upgrade_timeout";
    case EndReason::kUpstreamReset:
      return "upstream_reset";
    case EndReason::kBadUpstreamResponse:
      return "bad_upstream_response";
    case EndReason::kBadUpstreamUpgrade:
      return "bad_upstream_upgrade";
    case EndReason::kDownstreamDisconnect:
      return "downstream_disconnect";
    case EndReason::kViewerClose:
      return "viewer_close";
    case EndReason::kUpstreamClose:
      return "upstream_close";
    case EndReason::kViewerDisconnect:
      return "viewer_disconnect";
    case EndReason::kUpstreamDisconnect:
      return "upstream_disconnect";
    case EndReason::kIdleTimeout:
      return "idle_timeout";
    case EndReason::kViewerIdleTimeout:
      return "viewer_idle_timeout";
    case EndReason::kUpstreamIdleTimeout:
      return "upstream_idle_timeout";
    case EndReason::kMaxDuration:
      return "max_duration";
    case EndReason::kViewerUnresponsive:
      return "viewer_unresponsive";
    case EndReason::kViewerProtocolError:
      return "viewer_protocol_error";
    case EndReason::kUpstreamProtocolError:
      return "upstream_protocol_error";
    case EndReason::kAdminClose:
      return "admin_close";
    case EndReason::kDrain:
      return "drain";
    case EndReason::kCut:
      return "cut";
  }
  return "unknown";
}

}  // namespace viaduct::sidecar
