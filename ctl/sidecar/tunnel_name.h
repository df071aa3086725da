#pragma once

#include <string>
#include <string_view>

#include "ctl/core/candidates.h"

namespace viaduct::ctl {

// The completion of a tunnel's name, and the help for the placeholder "TUNNEL".
inline constexpr Candidates kTunnelIds = {.kind = Candidates::Kind::kListed,
                                          .text = "sidecar tunnels list --no-headers --timeout 1s"};
inline constexpr std::string_view kTunnelIdHelp =
    "TUNNEL is the whole ID of a tunnel as shown by 'sidecar tunnels list', with or without \"tunnels/\".\n";

// Returns the ID in `name`, which is a resource name of api/admin/v1, "tunnels/{id}", or already an ID. A view into
// `name`.
std::string_view TunnelId(std::string_view name);

// Returns the resource name of a tunnel that an operator named in either way.
std::string TunnelName(std::string_view typed);

}  // namespace viaduct::ctl
