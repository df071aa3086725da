#pragma once

#include <grpc/grpc_security.h>
#include <grpcpp/grpcpp.h>

#include <string>
#include <string_view>

#include "ops/admin/admin_credentials.h"

namespace viaduct::ops {

// Returns the name in the client's certificate: the first that it has of SPIFFE id, common name and first subject
// alternative name; "" without a certificate.
std::string CertificateName(const grpc::AuthContext& context);
std::string CertificateName(const grpc_auth_context* context);

// The caller of a call, as far as the port can identify it. A value.
struct AdminCaller {
  // "certificate", "token", or "socket": anybody who may open the Unix socket, since gRPC does not say which user it
  // is.
  std::string_view kind;
  // The certificate's or the token's name; "" for a socket.
  std::string name;
  // "ipv4:127.0.0.1:51234", "unix:".
  std::string peer;

  static AdminCaller Of(const grpc::ServerContext& context, const AdminCredentials& credentials);
};

}  // namespace viaduct::ops
