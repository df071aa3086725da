#include "ctl/core/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ctl/output/text.h"
#include "text/number.h"

namespace viaduct::ctl {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

absl::Status Rejected(std::string_view text, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("endpoint \"", Escape(text), "\": ", std::string(rule)));
}

bool IsPort(std::string_view digits) {
  std::uint16_t port = 0;
  return text::ReadNumber(digits, &port) && port != 0;
}

bool IsHostName(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (const char c : text) {
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (!allowed) return false;
  }
  return true;
}

bool IsLoopbackName(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return host == "localhost";
}

// Escapes a path, because gRPC reads a target as a URI (RFC 3986 section 2.1).
std::string PercentEncoded(std::string_view path) {
  std::string encoded;
  for (const char c : path) {
    if (IsHostName({&c, 1}) || c == '/') {
      encoded.push_back(c);
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

absl::StatusOr<Endpoint> ParseUnix(std::string_view text) {
  std::string_view path = text.substr(kUnixPrefix.size());
  if (path.starts_with("//")) path.remove_prefix(2);
  if (path.empty()) return Rejected(text, "unix: must be followed by a path");
  if (text.starts_with("unix://") && path.front() != '/') {
    return Rejected(text, "the path after unix:// must be absolute: unix:///PATH");
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return Rejected(text, "the path of a socket may have at most 107 bytes");
  if (path.find('\0') != std::string_view::npos) return Rejected(text, "the path contains a NUL byte");
  const std::string unix_path(path);
  return Endpoint{.text = absl::StrCat("unix:", unix_path),
                  .grpc_target = absl::StrCat("unix:", PercentEncoded(path)),
                  .unix_path = unix_path,
                  .on_this_machine = true};
}

absl::StatusOr<Endpoint> ParseIpv6(std::string_view text, std::string_view host, std::string_view port) {
  const std::string address(host);
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) return Rejected(text, "not an IPv6 address between [ and ]");
  const bool mapped_loopback = IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127;
  return Endpoint{.text = std::string(text),
                  .grpc_target = absl::StrCat("ipv6:%5B", address, "%5D:", std::string(port)),
                  .unix_path = "",
                  .on_this_machine = IN6_IS_ADDR_LOOPBACK(&v6) || mapped_loopback};
}

}  // namespace

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text) {
  constexpr std::string_view kForms = "expected unix:PATH, HOST:PORT or [IPV6]:PORT";
  if (text.starts_with(kUnixPrefix)) return ParseUnix(text);
  if (text.find("://") != std::string_view::npos) return Rejected(text, kForms);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Rejected(text, kForms);
  const std::string_view port = text.substr(colon + 1);
  const std::string_view host = text.substr(0, colon);
  if (!IsPort(port)) return Rejected(text, "the port must be a number from 1 to 65535");
  if (host.starts_with('[') && host.ends_with(']')) {
    return ParseIpv6(text, host.substr(1, host.size() - 2), port);
  }
  if (!IsHostName(host)) return Rejected(text, kForms);
  const std::string name(host);
  return Endpoint{.text = std::string(text),
                  .grpc_target = absl::StrCat("dns:///", name, ":", std::string(port)),
                  .unix_path = "",
                  .on_this_machine = IsLoopbackName(name)};
}

}  // namespace viaduct::ctl
