#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_listener.h"
#include "ops/admin/admin_refusals.h"

namespace grpc {
class Service;
}

namespace viaduct::ops {

// The bounds of an admin server that no setting changes. A value.
struct AdminBounds {
  // Connections on TCP. One more takes the place of the oldest that has made no call.
  std::size_t max_tcp_connections = 64;
  // The time that a connection on TCP has for its first call with good credentials.
  std::chrono::milliseconds first_call{10'000};
  // The time that what runs on a connection has beyond admin.tcp.max_connection_age and a tenth of it.
  std::chrono::milliseconds age_grace{60'000};
  // Connections on the Unix socket; watchers may use 64 of them.
  std::size_t max_unix_connections = 96;
};

// Serves a program's admin services, together with gRPC's health, reflection and channelz, at the configured addresses:
// on a Unix socket of mode 0660, on TCP behind a bearer token, client certificates or both, or nowhere. Connections are
// bounded: see AdminBounds. It accepts again once descriptors are free after they ran out.
//
// Belongs to one thread; gRPC and the acceptors run their own.
class AdminServer {
 public:
  // The descriptors that it may use: two for each connection, and those of listeners, event loops and gRPC.
  static constexpr std::size_t kMaxDescriptors = 2 * (64 + 96) + 24;

  struct Served {
    grpc::Service* service;
    std::string name;  // "viaduct.admin.v1.ChatAdmin"
  };
  // Listens and serves. A request may have a payload of `max_payload_bytes` plus a small envelope. On TCP,
  // `credentials`, which began with the same listener, say what is shown and required, and `refusals` records calls
  // without a good token; both may be null without TCP. The services, `credentials` and `refusals` must outlive it. The
  // error names the address that cannot be opened.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const AdminListener& listener,
                                                            const std::vector<Served>& services,
                                                            std::size_t max_payload_bytes,
                                                            const AdminCredentials* credentials,
                                                            AdminRefusals* refusals, const AdminBounds& bounds = {});
  // Gives calls in progress a moment to finish, ends them, and removes the socket's file. It waits for that moment if a
  // stream continues.
  ~AdminServer();

  // Sets what gRPC's health service answers, for "" and for each service by its name; at first, that it serves.
  // Thread-safe.
  void SetServing(bool serving);

  // "unix:PATH" and "ADDRESS:PORT", or "".
  const std::string& unix_address() const { return unix_address_; }
  const std::string& tcp_address() const { return tcp_address_; }

 private:
  struct Grpc;

  AdminServer();

  // Opens the sockets.
  absl::Status Bind(const AdminListener& listener, const AdminBounds& bounds, AdminRefusals* refusals);

  std::unique_ptr<Grpc> grpc_;
  std::string unix_address_;
  std::string tcp_address_;
};

}  // namespace viaduct::ops
