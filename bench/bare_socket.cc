#include "bench/bare_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bench/failure.h"
#include "net/address.h"
#include "net/unique_fd.h"

namespace viaduct::bench {
namespace {

constexpr int kBacklog = 4096;
constexpr timeval kConnectTimeout = {.tv_sec = 30, .tv_usec = 0};

net::UniqueFd OpenSocket(const net::SocketAddress& address, int type) {
  net::UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | type, 0));
  if (!fd) FailWithErrno("socket");
  const int on = 1;
  if (!address.is_unix()) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

void BindToSource(int fd, std::size_t source) {
  sockaddr_in local = {};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(source));
  const int on = 1;
  // The port is chosen when the destination is known, so that one port serves several destinations.
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0) FailWithErrno("bind");
}

}  // namespace

net::UniqueFd ListenAt(const net::SocketAddress& address) {
  net::UniqueFd fd = OpenSocket(address, SOCK_NONBLOCK);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.is_unix()) ::unlink(address.path().c_str());
  if (::bind(fd.get(), address.data(), address.size()) != 0) FailWithErrno("bind");
  if (::listen(fd.get(), kBacklog) != 0) FailWithErrno("listen");
  return fd;
}

net::UniqueFd AcceptFrom(int listener) {
  // Accepted sockets inherit TCP_NODELAY from the listener.
  net::UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd && errno != EAGAIN && errno != ECONNABORTED) FailWithErrno("accept");
  return fd;
}

net::UniqueFd ConnectTo(const net::SocketAddress& address, std::size_t source) {
  net::UniqueFd fd = OpenSocket(address, 0);
  if (source != 0 && !address.is_unix()) BindToSource(fd.get(), source);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kConnectTimeout, sizeof(kConnectTimeout));
  if (::connect(fd.get(), address.data(), address.size()) != 0) FailWithErrno("connect to the server");
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) FailWithErrno("fcntl");
  return fd;
}

net::UniqueFd StartConnectTo(const net::SocketAddress& address) {
  net::UniqueFd fd = OpenSocket(address, SOCK_NONBLOCK);
  if (::connect(fd.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS) FailWithErrno("connect");
  return fd;
}

net::UniqueFd CreateEpoll() {
  net::UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) FailWithErrno("epoll_create1");
  return fd;
}

void Watch(int epoll, int fd, std::uint64_t tag) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) FailWithErrno("epoll_ctl");
}

std::ptrdiff_t SendSome(int fd, std::string_view bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  return errno == EAGAIN ? 0 : -1;
}

}  // namespace viaduct::bench
