#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstddef>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "text/field_error.h"
#include "text/number.h"

namespace viaduct::net {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

constexpr std::size_t kMaxIpv4Text = sizeof "255.255.255.255:65535";

// Returns the end of the text; may write one byte beyond it. It runs for every logged connection, and inet_ntop would
// use sprintf.
char* PutIpv4(in_addr address, char* out) {
  const std::uint32_t bits = ntohl(address.s_addr);
  for (int shift = 24; shift >= 0; shift -= 8) {
    out = std::to_chars(out, out + 3, bits >> shift & 255).ptr;
    *out++ = '.';
  }
  return out - 1;
}

}  // namespace

absl::StatusOr<SocketAddress> SocketAddress::Parse(std::string_view text) {
  SocketAddress address;
  // The kernel's functions stop at a NUL and would see another address than the reader of the text.
  if (text.find('\0') != std::string_view::npos) return text::InvalidValue(text, "must not contain NUL");
  if (text.substr(0, kUnixPrefix.size()) == kUnixPrefix) {
    const std::string_view path = text.substr(kUnixPrefix.size());
    auto* un = reinterpret_cast<sockaddr_un*>(&address.storage_);
    if (path.empty()) return text::InvalidValue(text, "a path must follow \"unix:\"");
    if (path.size() >= sizeof un->sun_path)
      return text::InvalidValue(text, "the path of a Unix socket has at most 107 bytes");
    un->sun_family = AF_UNIX;
    std::memcpy(un->sun_path, path.data(), path.size());
    address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return address;
  }
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  if (colon == std::string_view::npos || !text::ReadNumber(text.substr(colon + 1), &port)) {
    return text::InvalidValue(text, "must be \"ADDRESS:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\"");
  }
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage_);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    address.size_ = sizeof *in6;
    if (inet_pton(AF_INET6, host.c_str(), &in6->sin6_addr) == 1) return address;
    return text::InvalidValue(text, "not an IPv6 address in brackets");
  }
  auto* in = reinterpret_cast<sockaddr_in*>(&address.storage_);
  in->sin_family = AF_INET;
  in->sin_port = htons(port);
  address.size_ = sizeof *in;
  if (inet_pton(AF_INET, host.c_str(), &in->sin_addr) == 1) return address;
  return text::InvalidValue(text, "not an IPv4 address; names are not resolved");
}

SocketAddress SocketAddress::FromSockaddr(const sockaddr* from, socklen_t size) {
  SocketAddress address;
  if (size > sizeof address.storage_) size = sizeof address.storage_;
  std::memcpy(&address.storage_, from, size);
  address.size_ = size;
  return address;
}

SocketAddress SocketAddress::OfSocket(int fd) {
  SocketAddress address;
  address.size_ = sizeof address.storage_;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) != 0) address.size_ = 0;
  return address;
}

SocketAddress SocketAddress::WithPort(std::uint16_t port) const {
  SocketAddress other = *this;
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&other.storage_)->sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&other.storage_)->sin6_port = htons(port);
  return other;
}

bool SocketAddress::is_loopback() const {
  if (is_unix()) return true;
  if (family() == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&storage_);
    return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&storage_);
  return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

std::string SocketAddress::path() const {
  if (!is_unix() || size_ <= offsetof(sockaddr_un, sun_path)) return "";
  return reinterpret_cast<const sockaddr_un*>(&storage_)->sun_path;
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  return 0;
}

std::string SocketAddress::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    return {text, PutIpv4(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, text)};
  }
  if (family() == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, text, sizeof text);
  }
  return text;
}

ip::IpAddress SocketAddress::ip() const {
  if (family() == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(data());
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &in->sin_addr, bytes.size());
    return ip::IpAddress::FromV4Bytes(bytes);
  }
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(data());
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &in6->sin6_addr, bytes.size());
  return ip::IpAddress::FromV6Bytes(bytes);
}

std::string SocketAddress::ToString() const {
  if (is_unix()) return absl::StrCat("unix:", path());
  if (family() != AF_INET) return absl::StrCat("[", host(), "]:", port());
  char text[kMaxIpv4Text];
  char* end = PutIpv4(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, text);
  *end++ = ':';
  return {text, std::to_chars(end, text + sizeof text, port()).ptr};
}

}  // namespace viaduct::net
