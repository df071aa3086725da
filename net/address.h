#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ip/ip_address.h"

namespace viaduct::net {

// Where a socket listens or connects to: an IP address with a port, or the path of a Unix socket. A value.
class SocketAddress {
 public:
  // "127.0.0.1:8080", "[::1]:8080" or "unix:/run/chat.sock". Names are not resolved. The error quotes `text` and says
  // the rule.
  static absl::StatusOr<SocketAddress> Parse(std::string_view text);
  // What the kernel gave, e.g. by getsockname.
  static SocketAddress FromSockaddr(const sockaddr* address, socklen_t size);
  // The local address of a bound socket.
  static SocketAddress OfSocket(int fd);

  // The same IP address with another port; a Unix socket's stays as it is.
  SocketAddress WithPort(std::uint16_t port) const;

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  bool is_loopback() const;
  // The path of a Unix socket, else "".
  std::string path() const;
  // 0 for a Unix socket.
  std::uint16_t port() const;
  // The IP address without port, "" for a Unix socket.
  std::string host() const;
  // The IP address as a value; not for a Unix socket.
  ip::IpAddress ip() const;
  // As Parse reads it.
  std::string ToString() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace viaduct::net
