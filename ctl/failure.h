#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ctl/endpoint.h"
#include "ctl/exit_code.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace viaduct {

// How the chat was called, for the words about what went wrong. A value.
struct CallContext {
  Endpoint endpoint;
  bool tls = false;
  // Where the token came from: a file's name or "VIADUCT_TOKEN"; empty if none was sent.
  std::string token_source;
  std::chrono::milliseconds timeout{};
};

// What to tell an operator about a call that ended with `status`, which is not OK: one line that says what to do.
// `connection_id` is what NOT_FOUND is about. For an unreachable Unix socket it tries the socket itself once, without
// waiting, since errno says more than gRPC does.
Failure Explain(const grpc::Status& status, const CallContext& context, std::string_view connection_id);

}  // namespace viaduct
