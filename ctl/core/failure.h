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

// The circumstances of a call to a program, for the message about its failure. A value.
struct CallContext {
  Endpoint endpoint;
  bool tls = false;
  // The source of the token: the name of a file, or "VIADUCT_TOKEN"; empty if no token was sent.
  std::string token_source;
  std::chrono::milliseconds timeout{};
  // "chat" or "sidecar", the name of its resources, and the command that lists them.
  std::string server = "chat";
  std::string thing = "connection";
  std::string list = "connections list";
  // What a command that changes something calls the program: "prod (unix:/run/chat.sock)", or without a context only
  // the endpoint. Escaped.
  std::string target = "";
};

// Explains to an operator, in one line, why a call ended with `status`, which is not OK, and what to do. `id` is the
// subject of NOT_FOUND. If a Unix socket cannot be reached, this connects to it once, without waiting, since errno says
// more than gRPC does.
Failure Explain(const grpc::Status& status, const CallContext& context, std::string_view id);

}  // namespace viaduct::ctl
