#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "api/authorize/v3/external_auth.grpc.pb.h"
#include "sidecar/authorize/server/check_log.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// Answers in gRPC whether requests may pass, by the settings in force.
//
// Thread-safe.
class AuthorizeService final : public envoy::service::auth::v3::Authorization::Service {
 public:
  struct Options {
    // Returns the settings in force, which have `authorize`.
    std::function<std::shared_ptr<const SidecarConfig>()> config;
    CheckLog* log;             // must outlive the service
    bool unix_socket = false;  // only connections of a Unix socket reach the service
    // Is told gRPC's name of the peer of each question that may be asked.
    std::function<void(const std::string& peer)> on_trusted_peer = [](const std::string&) {};
  };
  explicit AuthorizeService(Options options) : options_(std::move(options)) {}

  // Always returns OK: an error would be the asking proxy's to interpret.
  grpc::Status Check(grpc::ServerContext* context, const envoy::service::auth::v3::CheckRequest* request,
                     envoy::service::auth::v3::CheckResponse* response) override;

 private:
  Options options_;
};

}  // namespace viaduct::sidecar
