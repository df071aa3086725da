#pragma once

#include <cstdint>

#include "text/closed_list.h"

namespace viaduct::sidecar {

// The reason why a tunnel ended. docs/operations.md says what to do about each.
enum class TunnelEnd : std::uint8_t {
  kViewerClose,            // the viewer began the close handshake
  kUpstreamClose,          // the upstream began it
  kViewerDisconnect,       // the viewer's connection ended without a Close frame
  kUpstreamDisconnect,     // the upstream's connection ended without one
  kIdleTimeout,            // no data frame
  kViewerIdleTimeout,      // no data frame from the viewer
  kUpstreamIdleTimeout,    // no data frame from the upstream
  kMaxDuration,            // open for max_duration
  kViewerUnresponsive,     // the viewer accepted none of the bytes that waited for it
  kNoPong,                 // no byte after our pings, which the viewer accepted
  kControlFrameFlood,      // more control frames from the viewer than allowed
  kViewerProtocolError,    // the viewer broke RFC 6455 section 5; the log line names the rule
  kUpstreamProtocolError,  // the upstream broke it
  kAdminClose,             // an operator closed it
  kDrain,                  // the task is stopping
  kCut,                    // still open at the end of the drain
};

// The reasons with their names in log, metrics and docs.
inline constexpr auto kTunnelEnds = text::ClosedListOf<TunnelEnd>({
    {TunnelEnd::kViewerClose, "viewer_close"},
    {TunnelEnd::kUpstreamClose, "upstream_close"},
    {TunnelEnd::kViewerDisconnect, "viewer_disconnect"},
    {TunnelEnd::kUpstreamDisconnect, "upstream_disconnect"},
    {TunnelEnd::kIdleTimeout, "idle_timeout"},
    {TunnelEnd::kViewerIdleTimeout, "viewer_idle_timeout"},
    {TunnelEnd::kUpstreamIdleTimeout, "upstream_idle_timeout"},
    {TunnelEnd::kMaxDuration, "max_duration"},
    {TunnelEnd::kViewerUnresponsive, "viewer_unresponsive"},
    {TunnelEnd::kNoPong, "no_pong"},
    {TunnelEnd::kControlFrameFlood, "control_frame_flood"},
    {TunnelEnd::kViewerProtocolError, "viewer_protocol_error"},
    {TunnelEnd::kUpstreamProtocolError, "upstream_protocol_error"},
    {TunnelEnd::kAdminClose, "admin_close"},
    {TunnelEnd::kDrain, "drain"},
    {TunnelEnd::kCut, "cut"},
});

}  // namespace viaduct::sidecar
