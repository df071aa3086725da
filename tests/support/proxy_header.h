#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct {

// The parts of a PROXY v2 header, well formed if left alone.
struct ProxyHeaderSpec {
  unsigned version_command = 0x21;  // version 2, PROXY
  unsigned family = 0x11;           // IPv4 over a stream
  // Says that 130.176.114.52:443 spoke to 10.10.8.96:8080.
  std::string addresses = {"\x82\xB0\x72\x34\x0A\x0A\x08\x60\x01\xBB\x1F\x90", 12};
  std::string tlvs = "";
};
inline constexpr std::string_view kSourceInSpec = "130.176.114.52";

// Says that 2600:9000:1000::1 port 443 spoke to fd00::1 port 8080, for family 0x21.
std::string V6ProxyAddresses();
// One type-length-value.
std::string Tlv(unsigned type, std::string_view value);
// Returns the value that an NLB adds to traffic by PrivateLink.
inline std::string VpcEndpointTlv(std::string_view id) { return Tlv(0xEA, "\x01" + std::string(id)); }

std::string ProxyHeaderBytes(const ProxyHeaderSpec& spec = {});
// The same with a right CRC32C behind `spec.tlvs`.
std::string ProxyHeaderWithChecksum(const ProxyHeaderSpec& spec = {});
// Returns the LOCAL header of an NLB's health checks.
std::string LocalProxyHeader();

}  // namespace viaduct
