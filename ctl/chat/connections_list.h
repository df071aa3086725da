#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/admin/v1/chat_admin.pb.h"
#include "ctl/core/command.h"
#include "ctl/output/look.h"

namespace viaduct::ctl {

Command ConnectionsListCommand();

// Returns the table of these connections, with ages at the time `now`.
std::string RenderConnections(const std::vector<admin::v1::Connection>& connections,
                              std::chrono::system_clock::time_point now, const Look& look);

}  // namespace viaduct::ctl
