#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/address.h"
#include "net/unique_fd.h"

namespace viaduct::bench {

// Plain kernel sockets for the load generator, the backend and the floor, so that their speed and faults do not depend
// on the measured code. Any failure ends the process.

// Makes a non-blocking listener; takes over a Unix socket's path from a dead process. For port 0,
// SocketAddress::OfSocket returns the actual port.
net::UniqueFd ListenAt(const net::SocketAddress& address);

// Accepts the next connection of a non-blocking listener, non-blocking and without Nagle's delay; empty if none waits.
net::UniqueFd AcceptFrom(int listener);

// Makes a connected, non-blocking socket without Nagle's delay. TCP connections come from 127.0.0.1 + `source`, since
// each address has only 28,000 ports. Waits for the connection, at most 30 s.
net::UniqueFd ConnectTo(const net::SocketAddress& address, std::size_t source);

// Like ConnectTo, but does not wait: sending reports EAGAIN until the connection is established.
net::UniqueFd StartConnectTo(const net::SocketAddress& address);

net::UniqueFd CreateEpoll();

// Makes `epoll` report edges of `fd` in both directions, with `tag`.
void Watch(int epoll, int fd, std::uint64_t tag);

// Sends `bytes` and returns how many the socket took: all, or fewer if it is full; -1 if the connection is gone.
std::ptrdiff_t SendSome(int fd, std::string_view bytes);

}  // namespace viaduct::bench
