#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string_view>

#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_listener.h"
#include "ops/admin/admin_refusals.h"

namespace viaduct::ops {

// Returns true if calls of `method`, "/package.Service/Method", need no token on this port although others do.
bool NeedsNoToken(const AdminTcpConfig& tcp, std::string_view method);

// Makes the credentials with which gRPC secures the admin API's port on TCP. The port is without TLS on loopback;
// otherwise each new connection uses what `credentials` holds at that time. Each call needs a token if the listener
// requires one, but those of gRPC's health service do only if `tcp` says so. Whether a certificate is shown, and
// whether one is required, stays as it is in `tcp`.
//
// The result and the arguments must outlive the server.
std::shared_ptr<grpc::ServerCredentials> AdminPortCredentials(const AdminTcpConfig& tcp,
                                                              const AdminCredentials* credentials,
                                                              AdminRefusals* refusals);

}  // namespace viaduct::ops
