#pragma once

#include <grpc/grpc_security.h>
#include <grpcpp/grpcpp.h>

#include <string>
#include <string_view>

#include "ops/admin/admin_credentials.h"

namespace viaduct::ops {

// The name in the client's certificate: its SPIFFE id, common name or first subject alternative name, whichever is the
// first that it has; "" without a certificate.
std::string CertificateName(const grpc::AuthContext& context);
std::string CertificateName(const grpc_auth_context* context);

// Who makes a call, as far as the port could tell. A value.
struct AdminCaller {
  // "certificate", "token", or "socket": of the Unix socket anybody who may open it, gRPC does not say which user.
  std::string_view kind;
  // The certificate's or the token's; "" of a socket.
  std::string name;
  // "ipv4:127.0.0.1:51234", "unix:".
  std::string peer;

  static AdminCaller Of(const grpc::ServerContext& context, const AdminCredentials& credentials);
};

}  // namespace viaduct::ops
