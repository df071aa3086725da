#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_listener.h"
#include "ops/admin/admin_refusals.h"

namespace grpc {
class Service;
}

namespace viaduct::ops {

// Serves a program's admin services, together with gRPC's health, reflection and channelz, at the configured addresses:
// on a Unix socket of mode 0660, on TCP behind a bearer token, client certificates or both, or nowhere.
//
// Belongs to one thread; gRPC runs its own.
class AdminServer {
 public:
  // Listens and serves. A request may have a payload of `max_payload_bytes` plus a small envelope. On TCP,
  // `credentials`, which began with the same listener, say what is shown and required, and `refusals` records calls
  // without a good token; both may be null without TCP. The services, `credentials` and `refusals` must outlive it. The
  // error names the address that cannot be opened.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const AdminListener& listener,
                                                            const std::vector<grpc::Service*>& services,
                                                            std::size_t max_payload_bytes,
                                                            const AdminCredentials* credentials,
                                                            AdminRefusals* refusals);
  // Gives calls in progress a moment to finish, ends them, and removes the socket's file. It waits for that moment if a
  // stream continues.
  ~AdminServer();

  // Sets what gRPC's health service answers; at first, that it serves. Thread-safe.
  void SetServing(bool serving);

  // "unix:PATH" and "ADDRESS:PORT", or "".
  const std::string& unix_address() const { return unix_address_; }
  const std::string& tcp_address() const { return tcp_address_; }

 private:
  struct Grpc;

  AdminServer();

  std::unique_ptr<Grpc> grpc_;
  std::string unix_address_;
  std::string tcp_address_;
};

}  // namespace viaduct::ops
