#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "sidecar/authorize/server/check_log.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// Serves the questions of other proxies in gRPC, at an address of their own. At most kMaxGrpcProxies connections are
// open: one more takes the place of one that has asked nothing, or is closed.
//
// Belongs to one thread; gRPC and the acceptor run their own.
class AuthorizeServer {
 public:
  // Listens on `address` and serves. `config` returns the settings in force, which have `authorize`; any thread may
  // call it. `log`, and what `config` reads, must outlive the server. The error names the address that cannot be
  // opened.
  static absl::StatusOr<std::unique_ptr<AuthorizeServer>> Start(
      const net::SocketAddress& address, std::function<std::shared_ptr<const SidecarConfig>()> config, CheckLog* log);
  // Gives calls in progress a moment to finish, ends them, and removes the socket's file.
  ~AuthorizeServer();

  // The bound address, with the actual port if port 0 was asked for.
  const net::SocketAddress& address() const { return address_; }

 private:
  struct Grpc;

  explicit AuthorizeServer(const net::SocketAddress& address);

  net::SocketAddress address_;
  std::unique_ptr<Grpc> grpc_;
};

}  // namespace viaduct::sidecar
