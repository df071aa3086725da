#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ctl/core/endpoint.h"
#include "ctl/output/exit_code.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace viaduct::ctl {

// How a program was called, for the words about what went wrong. A value.
struct CallContext {
  Endpoint endpoint;
  bool tls = false;
  // Where the token came from: a file's name or "VIADUCT_TOKEN"; empty if none was sent.
  std::string token_source;
  std::chrono::milliseconds timeout{};
  // "chat" or "sidecar", what it has, and which command lists those.
  std::string server = "chat";
  std::string thing = "connection";
  std::string list = "connections list";
};

// What to tell an operator about a call that ended with `status`, which is not OK: one line that says what to do.
// `id` is what NOT_FOUND is about. For an unreachable Unix socket it tries the socket itself once, without
// waiting, since errno says more than gRPC does.
Failure Explain(const grpc::Status& status, const CallContext& context, std::string_view id);

}  // namespace viaduct::ctl
