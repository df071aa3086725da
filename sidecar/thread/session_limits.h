#pragma once

#include <cstddef>

namespace viaduct::sidecar {

// How many sessions may be open, of all workers together. A value.
struct SessionLimits {
  int max_sessions = 0;
  // Of one viewer; 0: any number.
  int max_tunnels_per_viewer = 0;
  int max_requests_per_viewer = 0;

  friend bool operator==(const SessionLimits&, const SessionLimits&) = default;
};

// What the limits per viewer count: the kinds of a net::AddressTally.
inline constexpr std::size_t kViewerTunnels = 0;
inline constexpr std::size_t kViewerRequests = 1;

}  // namespace viaduct::sidecar
