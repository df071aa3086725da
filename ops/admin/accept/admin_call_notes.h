#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace viaduct::ops {

// Makes what tells `note` the peer and the method ("/package.Service/Method") of each call that passed the credentials
// of its port, for the server's builder: the credentials' own check sees calls that do not pass, too, and gRPC does not
// tell it the peer. Calls of methods that the server does not have are not told. gRPC's threads call `note`.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> NoteCalls(
    std::function<void(const std::string& peer, std::string_view method)> note);

}  // namespace viaduct::ops
