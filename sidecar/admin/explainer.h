#pragma once

#include "absl/status/statusor.h"
#include "api/admin/v1/sidecar_admin.pb.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// Says what a sidecar with these settings would do with a request, by the same code that judges requests: parser,
// filter, routes and the rules of a WebSocket handshake, in the order of Session::HandleHead. Does not consider whether
// the sidecar drains or is full.
//
// An error is INVALID_ARGUMENT and begins with the name of the request's field. May be called from any thread.
absl::StatusOr<admin::v1::Explanation> ExplainRequest(const SidecarConfig& config,
                                                      const admin::v1::ExplainRequest& request);

}  // namespace viaduct::sidecar
