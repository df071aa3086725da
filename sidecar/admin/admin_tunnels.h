#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
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

// Reads the fields of a request, or of a filter, that select tunnels.
grpc::Status ReadTunnelFilter(const admin::v1::ListTunnelsRequest& request, TunnelFilter* filter);
grpc::Status ReadTunnelFilter(const admin::v1::TunnelFilter& proto, TunnelFilter* filter);

// Reads the code of a Close, 0 for 1000, and checks its reason.
grpc::Status ReadTunnelClose(std::int32_t code, const std::string& reason, std::uint16_t* out);

// Reads the code of a Close, 0 for 1000, and checks its reason.
grpc::Status ReadTunnelClose(std::int32_t code, const std::string& reason, std::uint16_t* out);

// Returns the filter's conditions for the audit log; "all" if it has none.
std::string FilterText(const admin::v1::TunnelFilter& proto);

// Make a page token from a position, and read it back; nullopt if the text is not a token.
std::string TokenOf(const TunnelControl::Position& position);
std::optional<TunnelControl::Position> ReadToken(const std::string& token);

}  // namespace viaduct::sidecar
