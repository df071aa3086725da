#pragma once

#include <string>

#include "api/admin/v1/sidecar_admin.pb.h"
#include "ctl/core/command.h"
#include "ctl/output/look.h"

namespace viaduct::ctl {

Command SidecarLadderCommand();

// Returns the table of the rungs.
std::string RenderLadder(const admin::v1::Ladder& ladder, const Look& look);

}  // namespace viaduct::ctl
