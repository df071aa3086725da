#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "api/admin/v1/sidecar_admin.pb.h"
#include "ip/ip_address.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// Returns what a viewer has open in a running sidecar, and may have.
using ViewerLoadOf = std::function<admin::v1::Explanation::ViewerLoad(const ip::IpAddress& viewer)>;

// Says what a sidecar with these settings would do with a request, by the same code that judges requests: parser,
// filter, routes and the rules of a WebSocket handshake, in the order of Session::HandleHead; with `load`, also the
// limits of its viewer. Does not consider whether the sidecar drains or is full.
//
// An error is INVALID_ARGUMENT and begins with the name of the request's field. May be called from any thread.
absl::StatusOr<admin::v1::Explanation> ExplainRequest(const SidecarConfig& config,
                                                      const admin::v1::ExplainRequest& request,
                                                      const ViewerLoadOf& load = nullptr);

}  // namespace viaduct::sidecar
