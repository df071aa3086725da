#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "net/address.h"

namespace viaduct::ops {

// An address that a program listens on, and the field that says so.
struct ListenerField {
  std::string_view path;
  net::SocketAddress address;
};

// Returns OK if no connection could reach two of them. Our listeners share their ports (SO_REUSEPORT), so the kernel
// would not refuse the second one. The error begins with the path of the later field.
absl::Status CheckListenersApart(std::span<const ListenerField> listeners);

}  // namespace viaduct::ops
