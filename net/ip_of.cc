#include "net/ip_of.h"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace viaduct::net {

ip::IpAddress IpOf(const SocketAddress& address) {
  if (address.family() == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address.data());
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &in->sin_addr, bytes.size());
    return ip::IpAddress::FromV4Bytes(bytes);
  }
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(address.data());
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &in6->sin6_addr, bytes.size());
  return ip::IpAddress::FromV6Bytes(bytes);
}

}  // namespace viaduct::net
