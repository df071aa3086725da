#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ip/ip_address.h"

namespace viaduct::net {

// What an address is for.
enum class AddressUse : std::uint8_t { kListen, kConnect };

// The address that a socket listens on or connects to: an IP address with a port, or the path of a Unix socket. A
// value.
class SocketAddress {
 public:
  // Reads "127.0.0.1:8080", "[::1]:8080" or "unix:/run/chat.sock". Does not resolve names. Port 0, any free port, is
  // only for listening. The error quotes `text`, of a URL without secrets, and says what is wrong with it.
  static absl::StatusOr<SocketAddress> Parse(std::string_view text, AddressUse use = AddressUse::kListen);
  // Makes an address from what the kernel returned, e.g. from getsockname.
  static SocketAddress FromSockaddr(const sockaddr* address, socklen_t size);
  // Returns the local address of a bound socket.
  static SocketAddress OfSocket(int fd);

  // Returns the same IP address with another port, or a Unix socket's address unchanged.
  SocketAddress WithPort(std::uint16_t port) const;

  // Returns true if a connection could reach both when both listen: the same Unix socket; or the same port other than 0
  // (any free port) of the same address, or of all addresses of the machine.
  bool Overlaps(const SocketAddress& other) const;

  // Returns true if a connection to this address, made on this machine, ends at `listener` for certain: the same Unix
  // socket; or the same port other than 0 of the same address, or of all addresses of the machine if this one is a
  // loopback address. The kernel takes 0.0.0.0 and [::] of a connection for loopback addresses.
  bool LeadsTo(const SocketAddress& listener) const;

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  bool is_loopback() const;
  // Returns the path of a Unix socket, "" for an IP address.
  std::string path() const;
  // Returns the port, 0 for a Unix socket.
  std::uint16_t port() const;
  // Returns the IP address without the port, "" for a Unix socket.
  std::string host() const;
  // Returns the IP address as a value; not for a Unix socket.
  ip::IpAddress ip() const;
  // Returns the form that Parse reads.
  std::string ToString() const;

 private:
  static absl::StatusOr<SocketAddress> ParseUnix(std::string_view text);

  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace viaduct::net
