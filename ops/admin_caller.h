#pragma once

#include <grpcpp/grpcpp.h>

#include <string>
#include <string_view>

#include "ops/admin_token_file.h"

namespace viaduct {

// Who makes a call, as far as the port could tell. A value.
struct AdminCaller {
  // "certificate", "token", or "socket": of the Unix socket anybody who may open it, gRPC does not say which user.
  std::string_view kind;
  // The certificate's SPIFFE id, common name or first subject alternative name, whichever is the first that it has; the
  // token's name; "" of a socket.
  std::string name;
  // "ipv4:127.0.0.1:51234", "unix:".
  std::string peer;

  static AdminCaller Of(const grpc::ServerContext& context, const AdminTokenFile& tokens);
};

}  // namespace viaduct
