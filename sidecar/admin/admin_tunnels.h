#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>

#include "api/admin/v1/sidecar_admin.pb.h"
#include "sidecar/tunnel/tunnel_id.h"
#include "sidecar/tunnel/tunnel_view.h"
#include "sidecar/worker/tunnel_control.h"

namespace viaduct::sidecar {

// Converts between the admin API's messages about tunnels and the values of TunnelControl.

admin::v1::Tunnel ToProto(const TunnelView& view, const TunnelId& id);

// Reads a field "name" that must be "tunnels/{id}".
grpc::Status ReadTunnelName(const std::string& name, TunnelId* id);

// Reads the fields of a request that select tunnels.
grpc::Status ReadTunnelFilter(const admin::v1::ListTunnelsRequest& request, TunnelFilter* filter);

// Make a page token from a position, and read it back; nullopt if the text is not a token.
std::string TokenOf(const TunnelControl::Position& position);
std::optional<TunnelControl::Position> ReadToken(const std::string& token);

}  // namespace viaduct::sidecar
