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
#include "text/string_view.h"

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

// "HOST:PORT" taken apart.
struct HostAndPort {
  std::string_view host;
  std::uint16_t port = 0;
  bool bracketed = false;  // the host, which is without the brackets
};

bool IsIpv6(std::string_view text) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool IsDigits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

// The rule that a text without a port breaks.
std::string_view NoPortRule(std::string_view text, AddressUse use) {
  if (text.starts_with('/')) return "the path of a Unix socket must follow \"unix:\"";
  if (!text.empty() && IsDigits(text)) {
    return use == AddressUse::kListen ? "is a port without an address, such as \"0.0.0.0:\" before it"
                                      : "is a port without an address, such as \"127.0.0.1:\" before it";
  }
  in_addr address;
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) == 1) return "has no port; add one, such as \":8080\"";
  return "must be \"ADDRESS:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\"";
}

absl::StatusOr<HostAndPort> SplitHostAndPort(std::string_view text, AddressUse use) {
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    return text::InvalidValue(text, absl::StrCat("is a URL; leave out \"", text::ToAbsl(text.substr(0, scheme + 3)),
                                                 "\" and what follows the port"));
  }
  HostAndPort parts;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return text::InvalidValue(text, "not an IPv6 address in brackets");
    parts.host = text.substr(1, bracket - 1);
    parts.bracketed = true;
    port = text.substr(bracket + 1);
    if (port.empty()) return text::InvalidValue(text, "has no port; add one, such as \":8080\"");
    if (port.front() != ':') return text::InvalidValue(text, "not an IPv6 address in brackets");
    port.remove_prefix(1);
  } else {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return text::InvalidValue(text, NoPortRule(text, use));
    parts.host = text.substr(0, colon);
    if (IsIpv6(text) || IsIpv6(parts.host)) {
      return text::InvalidValue(text, "an IPv6 address must be in brackets, as in \"[::1]:8080\"");
    }
    port = text.substr(colon + 1);
  }
  if (port.empty()) return text::InvalidValue(text, "has no port behind the colon");
  const bool is_number = text::ReadNumber(port, &parts.port);
  if (use == AddressUse::kConnect && (!is_number || parts.port == 0)) {
    return text::InvalidValue(text, "the port must be a number from 1 to 65535");
  }
  if (!is_number) return text::InvalidValue(text, "the port must be a number from 0 to 65535");
  return parts;
}

// What is wrong with a host that is not an IPv4 address.
std::string NoIpv4Rule(const HostAndPort& parts, AddressUse use) {
  if (parts.host.empty() && use == AddressUse::kConnect) {
    return absl::StrCat("has no address; for a program on this machine write \"127.0.0.1:", parts.port, "\"");
  }
  if (use == AddressUse::kListen && (parts.host.empty() || parts.host == "*")) {
    return absl::StrCat("has no address; for all addresses of the machine write \"0.0.0.0:", parts.port,
                        "\" or \"[::]:", parts.port, "\"");
  }
  const std::string_view last_label = parts.host.substr(parts.host.rfind('.') + 1);
  const bool is_name = !last_label.empty() && ((last_label.front() >= 'a' && last_label.front() <= 'z') ||
                                               (last_label.front() >= 'A' && last_label.front() <= 'Z'));
  if (!is_name) return "not an IPv4 address";
  return absl::StrCat("\"", text::ToAbsl(parts.host), "\" is a name, and names are not resolved; write an IP address",
                      parts.host == "localhost" ? absl::StrCat(", here \"127.0.0.1:", parts.port, "\"") : "");
}

bool IsAll(const ip::IpAddress& address) { return address == ip::IpAddress(); }

bool IsAllIpv4(const ip::IpAddress& address) {
  return address.is_v4() && static_cast<std::uint32_t>(address.low()) == 0;
}

constexpr ip::IpAddress kLoopback(0, 1);
constexpr ip::IpAddress kLoopbackIpv4(0, 0xffff'7f00'0001);

bool IsLoopback(const ip::IpAddress& address) {
  return address == kLoopback || (address.is_v4() && static_cast<std::uint32_t>(address.low()) >> 24 == 127);
}

// Returns the address that the kernel connects to if it is told `address`.
ip::IpAddress DestinationOf(const ip::IpAddress& address) {
  if (IsAll(address)) return kLoopback;
  return IsAllIpv4(address) ? kLoopbackIpv4 : address;
}

}  // namespace

absl::StatusOr<SocketAddress> SocketAddress::Parse(std::string_view text, AddressUse use) {
  // The kernel's functions stop at a NUL and would see another address than the reader of the text.
  if (text.find('\0') != std::string_view::npos) return text::InvalidValue(text, "must not contain NUL");
  if (text.starts_with(kUnixPrefix)) return ParseUnix(text);
  const absl::StatusOr<HostAndPort> parts = SplitHostAndPort(text, use);
  if (!parts.ok()) return parts.status();
  SocketAddress address;
  const std::string host(parts->host);
  if (parts->bracketed) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage_);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(parts->port);
    address.size_ = sizeof *in6;
    if (inet_pton(AF_INET6, host.c_str(), &in6->sin6_addr) == 1) return address;
    return text::InvalidValue(text, "not an IPv6 address in brackets");
  }
  auto* in = reinterpret_cast<sockaddr_in*>(&address.storage_);
  in->sin_family = AF_INET;
  in->sin_port = htons(parts->port);
  address.size_ = sizeof *in;
  if (inet_pton(AF_INET, host.c_str(), &in->sin_addr) == 1) return address;
  return text::InvalidValue(text, NoIpv4Rule(*parts, use));
}

absl::StatusOr<SocketAddress> SocketAddress::ParseUnix(std::string_view text) {
  const std::string_view path = text.substr(kUnixPrefix.size());
  SocketAddress address;
  auto* un = reinterpret_cast<sockaddr_un*>(&address.storage_);
  if (path.empty()) return text::InvalidValue(text, "a path must follow \"unix:\"");
  if (path.size() >= sizeof un->sun_path)
    return text::InvalidValue(text, "the path of a Unix socket has at most 107 bytes");
  un->sun_family = AF_UNIX;
  std::memcpy(un->sun_path, path.data(), path.size());
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
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

bool SocketAddress::Overlaps(const SocketAddress& other) const {
  if (is_unix() || other.is_unix()) return is_unix() && other.is_unix() && path() == other.path();
  if (port() != other.port() || port() == 0) return false;
  const ip::IpAddress mine = ip();
  const ip::IpAddress theirs = other.ip();
  if (mine == theirs || IsAll(mine) || IsAll(theirs)) return true;
  return mine.is_v4() && theirs.is_v4() && (IsAllIpv4(mine) || IsAllIpv4(theirs));
}

bool SocketAddress::LeadsTo(const SocketAddress& listener) const {
  if (is_unix() || listener.is_unix()) return Overlaps(listener);
  if (port() != listener.port() || port() == 0) return false;
  const ip::IpAddress here = DestinationOf(ip());
  const ip::IpAddress there = listener.ip();
  if (here == there) return true;
  return IsLoopback(here) && (IsAll(there) || (here.is_v4() && IsAllIpv4(there)));
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
