#pragma once

#include "absl/status/status.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// Returns OK if `next` lets nothing through that a check of `now` refuses because a part of the config is missing in
// `next` or an enforcement is relaxed: hosts, origins, secret, listener_tls, the enforcement of a check, what a route
// refuses. The beginning of a config is often a config, so a file that is half written would do that. The error
// begins with the path of the first such field, names them all and says how the settings are taken all the same.
absl::Status CheckNotRelaxed(const SidecarConfig& next, const SidecarConfig& now);

}  // namespace viaduct::sidecar
