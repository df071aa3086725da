#pragma once

#include "absl/status/statusor.h"
#include "api/admin/v1/sidecar_admin.pb.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// Says what a sidecar with these settings makes of a request, by the same code that judges requests: parser, filter,
// routes and the rules of a WebSocket handshake, in the order of Session::HandleHead. Whether it drains, or is full, is
// not looked at.
//
// An error is INVALID_ARGUMENT and begins with the field of the request. May be called from any thread.
absl::StatusOr<admin::v1::Explanation> ExplainRequest(const SidecarConfig& config,
                                                      const admin::v1::ExplainRequest& request);

}  // namespace viaduct::sidecar
