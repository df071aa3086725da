#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/admin/v1/sidecar_admin.pb.h"
#include "ctl/core/command.h"
#include "ctl/output/look.h"

namespace viaduct::ctl {

Command TunnelsListCommand();

// Returns the table of these tunnels, with ages at the time `now`.
std::string RenderTunnels(const std::vector<admin::v1::Tunnel>& tunnels, std::chrono::system_clock::time_point now,
                          const Look& look);

}  // namespace viaduct::ctl
