#pragma once

#include <string>

#include "api/admin/v1/sidecar_admin.pb.h"
#include "ctl/core/command.h"
#include "ctl/output/look.h"

namespace viaduct::ctl {

// Asks a sidecar what it would do with a request, or evaluates a config file with the sidecar's own code.
Command ExplainCommand();

// Returns the verdict and the checks as text for a person.
std::string RenderExplanation(const admin::v1::Explanation& explanation, const Look& look);

}  // namespace viaduct::ctl
