#include "tests/support/proxy_header.h"

#include <cstddef>

#include "net/crc32c.h"

namespace viaduct {
namespace {

std::string BigEndian(std::size_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

}  // namespace

std::string V6ProxyAddresses() {
  const std::string source("\x26\x00\x90\x00\x10\x00\0\0\0\0\0\0\0\0\0\x01", 16);
  const std::string destination("\xfd\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
  return source + destination + BigEndian(443, 2) + BigEndian(8080, 2);
}

std::string Tlv(unsigned type, std::string_view value) {
  return BigEndian(type, 1) + BigEndian(value.size(), 2) + std::string(value);
}

std::string ProxyHeaderBytes(const ProxyHeaderSpec& spec) {
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) + BigEndian(spec.version_command, 1) + BigEndian(spec.family, 1) +
         BigEndian(spec.addresses.size() + spec.tlvs.size(), 2) + spec.addresses + spec.tlvs;
}

std::string ProxyHeaderWithChecksum(const ProxyHeaderSpec& spec) {
  ProxyHeaderSpec whole = spec;
  whole.tlvs += Tlv(0x03, std::string(4, '\0'));
  std::string header = ProxyHeaderBytes(whole);
  return header.replace(header.size() - 4, 4, BigEndian(net::Crc32c(header), 4));
}

std::string LocalProxyHeader() { return ProxyHeaderBytes({.version_command = 0x20, .family = 0, .addresses = ""}); }

}  // namespace viaduct
