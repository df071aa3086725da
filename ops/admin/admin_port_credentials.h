#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_listener.h"
#include "ops/admin/admin_refusals.h"

namespace viaduct::ops {

// How gRPC secures the admin API's port on TCP: without TLS on loopback, otherwise each new connection by what
// `credentials` holds then, and each call by a token if the listener asks for one. Whether a certificate is shown, and
// one asked for, stays as it is in `tcp`.
//
// What is returned, and what it is given, must outlive the server.
std::shared_ptr<grpc::ServerCredentials> AdminPortCredentials(const AdminTcpConfig& tcp,
                                                              const AdminCredentials* credentials,
                                                              AdminRefusals* refusals);

}  // namespace viaduct::ops
