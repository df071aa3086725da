#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::ctl {

// The address of a program's admin API, as an operator writes it. A value.
struct Endpoint {
  // "unix:/run/viaduct/chat-admin.sock" or "10.0.0.5:8083".
  std::string text;
  // The same for grpc::CreateChannel.
  std::string grpc_target;
  // The path of a Unix socket; empty on TCP.
  std::string unix_path;
  // True for a Unix socket or a loopback address, whose traffic cannot be read on a network.
  bool on_this_machine = false;
};

// Reads "unix:PATH", "unix:///PATH", "HOST:PORT" or "[IPv6]:PORT".
absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text);

}  // namespace viaduct::ctl
