#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "net/address.h"

namespace viaduct::ops {

// An address that a program listens on, and the field that says so.
struct ListenerField {
  std::string_view path;
  net::SocketAddress address;
};

// An address that a program connects to, and the field that says so.
struct PeerField {
  std::string path;
  net::SocketAddress address;
};

// Returns OK if no connection could reach two of them. Our listeners share their ports (SO_REUSEPORT), so the kernel
// would not refuse the second one. The error begins with the path of the later field.
absl::Status CheckListenersApart(std::span<const ListenerField> listeners);

// Returns OK unless a connection to `peer` would certainly end at one of the program's own `listeners`, in a loop. The
// error begins with the path of `peer`.
absl::Status CheckNotOwn(const PeerField& peer, std::span<const ListenerField> listeners);

}  // namespace viaduct::ops
