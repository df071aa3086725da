#include "sidecar/authorize/server/authorize_service.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "net/event_loop.h"
#include "ops/admin/accept/admin_connections.h"
#include "sidecar/authorize/check.h"
#include "sidecar/authorize/server/grpc_check.h"

namespace viaduct::sidecar {
namespace {

// "127.0.0.1:51234", "[::1]:51234", or "unix:"; empty if gRPC says something else.
std::string TextOf(const std::optional<ops::AdminPeer>& proxy, bool unix_socket) {
  if (unix_socket) return "unix:";
  if (!proxy.has_value()) return "";
  const std::string address = proxy->address.ToString();
  return absl::StrCat(proxy->address.is_v4() ? address : absl::StrCat("[", address, "]"), ":", proxy->port);
}

}  // namespace

grpc::Status AuthorizeService::Check(grpc::ServerContext* context,
                                     const envoy::service::auth::v3::CheckRequest* request,
                                     envoy::service::auth::v3::CheckResponse* response) {
  *response = GrpcDenial();
  const net::Clock::time_point begin = net::Clock::now();
  const std::shared_ptr<const SidecarConfig> config = options_.config();
  const std::string peer = context->peer();
  const std::optional<ops::AdminPeer> proxy = ops::AdminPeer::Parse(peer);
  const bool trusted =
      options_.unix_socket || (proxy.has_value() && config->authorize->trusted_proxies.Contains(proxy->address));
  sidecar::Check check = ReadGrpcCheck(*request);
  if (trusted) {
    options_.on_trusted_peer(peer);
  } else {
    check.fault = CheckFault::kUntrustedProxy;
  }
  const CheckDecision decision = DecideCheck(check, *config->policy);
  options_.log->Write(check, decision, *config, TextOf(proxy, options_.unix_socket), begin);
  *response = GrpcAnswer(decision, *config->policy);
  return grpc::Status::OK;
}

}  // namespace viaduct::sidecar
