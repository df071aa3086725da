// Any text is an address to IpAddress exactly when it is one to inet_pton, and then the same one; what is printed reads
// back as itself; and an address with a port is the address that stands before the port.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ip/ip_address.h"
#include "tests/fuzz/require.h"

namespace viaduct::ip {
namespace {

std::optional<IpAddress> OracleParse(std::string_view text) {
  // inet_pton would stop at a zero byte.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  std::array<std::uint8_t, 4> v4;
  if (inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return IpAddress::FromV4Bytes(v4);
  std::array<std::uint8_t, 16> v6;
  if (inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return IpAddress::FromV6Bytes(v6);
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::optional<IpAddress> address = IpAddress::Parse(text);
  Require(address == OracleParse(text), "IpAddress and inet_pton agree");

  const std::optional<IpAddress> maybe_port = ParseAddressMaybePort(text);
  if (address) {
    Require(maybe_port == address, "an address without port is an address");
    const std::string printed = address->ToString();
    Require(printed.size() <= IpAddress::kMaxTextSize, "text has its greatest size");
    Require(IpAddress::Parse(printed) == address, "printed text reads back");
    const bool v6_text = text.find(':') != std::string_view::npos;
    const std::string with_port = (v6_text ? "[" + std::string(text) + "]" : std::string(text)) + ":8080";
    Require(ParseAddressMaybePort(with_port) == address, "a port may follow");
  } else if (maybe_port) {
    const std::string_view host = text.substr(0, text.rfind(':'));
    const bool bracketed = host.starts_with('[');
    Require(OracleParse(bracketed ? host.substr(1, host.size() - 2) : host) == maybe_port, "the port is cut off");
  }
  return 0;
}

}  // namespace viaduct::ip
