#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ctl/core/candidates.h"

namespace viaduct::ctl {

// The completion of a tunnel's name, and the help for the placeholder "TUNNEL".
inline constexpr Candidates kTunnelIds = {.kind = Candidates::Kind::kListed,
                                          .text = "sidecar tunnels list --no-headers --timeout 1s"};
inline constexpr std::string_view kTunnelIdHelp =
    "TUNNEL is a tunnel's ID, with or without \"tunnels/\", or at least its first 4 characters if no other begins "
    "so.\n";

// Returns the ID in `name`, which is a resource name of api/admin/v1, "tunnels/{id}", or already an ID. A view into
// `name`.
std::string_view TunnelId(std::string_view name);

// Returns the resource name of the tunnel with this ID.
std::string TunnelName(std::string_view id);

// A tunnel as an operator names it: by its whole ID, or by the beginning of it. A value.
struct TypedTunnel {
  std::string id;
  // True for a whole ID, "3f09a1c2-0-17". It is never taken for the beginning of "3f09a1c2-0-170", or what an operator
  // closes could be another tunnel once the meant one has ended.
  bool whole = false;
};

// Reads an ID, "tunnels/ID", or at least the first four characters of an ID.
absl::StatusOr<TypedTunnel> ParseTunnel(std::string_view text);

}  // namespace viaduct::ctl
