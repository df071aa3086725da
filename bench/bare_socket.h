#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/address.h"
#include "net/unique_fd.h"

namespace viaduct::bench {

// Sockets as the kernel gives them: what the load generator, the backend and the floor share, so that none of them owes
// its speed, or its faults, to the code they measure. Whatever goes wrong ends the process.

// A non-blocking listener; a Unix socket's path is taken over from a dead process. Its port, if asked for by 0, is what
// SocketAddress::OfSocket says.
net::UniqueFd ListenAt(const net::SocketAddress& address);

// The next connection of a non-blocking listener, itself non-blocking and without Nagle's delay; empty if none waits.
net::UniqueFd AcceptFrom(int listener);

// A connected, non-blocking socket without Nagle's delay. TCP connections come from 127.0.0.1 + `source`: each address
// has only 28,000 ports. Waits for the connection, 30 s at most.
net::UniqueFd ConnectTo(const net::SocketAddress& address, std::size_t source);

// As ConnectTo, but does not wait: sending reports EAGAIN until the connection stands.
net::UniqueFd StartConnectTo(const net::SocketAddress& address);

net::UniqueFd CreateEpoll();

// Has `epoll` tell edges of `fd` in both directions, as `tag`.
void Watch(int epoll, int fd, std::uint64_t tag);

// How much of `bytes` the socket took: all of it, or less if it is full. -1 if the connection is gone.
std::ptrdiff_t SendSome(int fd, std::string_view bytes);

}  // namespace viaduct::bench
