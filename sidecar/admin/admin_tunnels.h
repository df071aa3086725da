#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>

#include "api/admin/v1/sidecar_admin.pb.h"
#include "sidecar/tunnel/tunnel_id.h"
#include "sidecar/tunnel/tunnel_view.h"
#include "sidecar/worker/tunnel_control.h"

namespace viaduct::sidecar {

// How the admin API tells of tunnels: between its messages and TunnelControl's values.

admin::v1::Tunnel ToProto(const TunnelView& view, const TunnelId& id);

// Reads a field "name" that must be "tunnels/{id}".
grpc::Status ReadTunnelName(const std::string& name, TunnelId* id);

// Reads the fields of a request that say which tunnels are wanted.
grpc::Status ReadTunnelFilter(const admin::v1::ListTunnelsRequest& request, TunnelFilter* filter);

// A page's token, and back: nullopt for what is none.
std::string TokenOf(const TunnelControl::Position& position);
std::optional<TunnelControl::Position> ReadToken(const std::string& token);

}  // namespace viaduct::sidecar
