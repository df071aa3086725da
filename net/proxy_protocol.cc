#include "net/proxy_protocol.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "net/crc32c.h"

namespace viaduct::net {
namespace {

using Kind = ProxyHeaderParse::Kind;
using Error = ProxyHeaderError;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kTextSignature = "PROXY ";
constexpr std::size_t kFixedBytes = 16;  // signature, version and command, family and transport, length
constexpr std::size_t kTlvHeaderBytes = 3;

constexpr unsigned kTlvCrc32c = 0x03;
constexpr unsigned kTlvAws = 0xEA;
constexpr unsigned kAwsVpcEndpointId = 0x01;
constexpr std::size_t kMaxVpcEndpointId = 64;  // "vpce-" and 17 hexadecimal digits today

unsigned ByteAt(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }
std::size_t LengthAt(std::string_view bytes, std::size_t at) { return ByteAt(bytes, at) << 8 | ByteAt(bytes, at + 1); }

ProxyHeaderParse NeedMore(std::size_t size) { return {.kind = Kind::kNeedMore, .size = size}; }
ProxyHeaderParse Fail(Error error) { return {.kind = Kind::kError, .error = error}; }

// Returns true if `bytes` begin with `start`, or may once more bytes arrive.
bool MayBegin(std::string_view bytes, std::string_view start) {
  const std::size_t size = std::min(bytes.size(), start.size());
  return bytes.substr(0, size) == start.substr(0, size);
}

template <typename Sockaddr>
SocketAddress Address(sa_family_t family, std::string_view address, std::string_view port) {
  Sockaddr socket{};
  if constexpr (sizeof(Sockaddr) == sizeof(sockaddr_in)) {
    socket.sin_family = family;
    std::memcpy(&socket.sin_addr, address.data(), address.size());
    std::memcpy(&socket.sin_port, port.data(), port.size());
  } else {
    socket.sin6_family = family;
    std::memcpy(&socket.sin6_addr, address.data(), address.size());
    std::memcpy(&socket.sin6_port, port.data(), port.size());
  }
  return SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&socket), sizeof socket);
}

// `block` is two addresses, then two ports.
template <typename Sockaddr>
void ReadAddresses(sa_family_t family, std::string_view block, std::size_t address_bytes, ProxyHeaderParse* parse) {
  const std::size_t ports = 2 * address_bytes;
  parse->source = Address<Sockaddr>(family, block.substr(0, address_bytes), block.substr(ports, 2));
  parse->destination =
      Address<Sockaddr>(family, block.substr(address_bytes, address_bytes), block.substr(ports + 2, 2));
}

// Reads the values that follow the addresses.
class Tlvs {
 public:
  explicit Tlvs(std::string_view header) : header_(header) {}

  std::optional<Error> Read(std::size_t at) {
    while (at < header_.size()) {
      if (header_.size() - at < kTlvHeaderBytes) return Error::kTlvTruncated;
      const std::size_t size = LengthAt(header_, at + 1);
      const std::size_t value = at + kTlvHeaderBytes;
      if (header_.size() - value < size) return Error::kTlvTruncated;
      if (const auto error = Take(ByteAt(header_, at), value, size)) return error;
      at = value + size;
    }
    return std::nullopt;
  }
  std::string_view vpc_endpoint_id() const { return vpc_endpoint_id_; }

 private:
  std::optional<Error> Take(unsigned type, std::size_t at, std::size_t size) {
    if (type == kTlvCrc32c) return TakeChecksum(at, size);
    if (type == kTlvAws) return TakeAws(header_.substr(at, size));
    return std::nullopt;
  }

  // The checksum covers the whole header, with zeros in its own place.
  std::optional<Error> TakeChecksum(std::size_t at, std::size_t size) {
    if (size != 4 || has_checksum_) return Error::kChecksumWrong;
    has_checksum_ = true;
    const std::uint32_t said = static_cast<std::uint32_t>(LengthAt(header_, at) << 16 | LengthAt(header_, at + 2));
    std::uint32_t crc = Crc32c(header_.substr(0, at));
    crc = Crc32c(std::string_view("\0\0\0\0", 4), crc);
    crc = Crc32c(header_.substr(at + 4), crc);
    if (crc != said) return Error::kChecksumWrong;
    return std::nullopt;
  }

  std::optional<Error> TakeAws(std::string_view value) {
    if (value.empty() || ByteAt(value, 0) != kAwsVpcEndpointId) return std::nullopt;
    const std::string_view id = value.substr(1);
    const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (id.empty() || id.size() > kMaxVpcEndpointId || !printable || !vpc_endpoint_id_.empty()) {
      return Error::kBadVpcEndpointId;
    }
    vpc_endpoint_id_ = id;
    return std::nullopt;
  }

  std::string_view header_;
  std::string_view vpc_endpoint_id_;
  bool has_checksum_ = false;
};

}  // namespace

ProxyHeaderParse ParseProxyHeader(std::string_view bytes) {
  if (!MayBegin(bytes, kSignature)) {
    if (!MayBegin(bytes, kTextSignature)) return Fail(Error::kMissing);
    return bytes.size() < kTextSignature.size() ? NeedMore(kTextSignature.size()) : Fail(Error::kTextForm);
  }
  // Reports an error as soon as it is certain: the rest may never arrive.
  if (bytes.size() > 12 && ByteAt(bytes, 12) >> 4 != 2) return Fail(Error::kBadVersion);
  if (bytes.size() > 12 && (ByteAt(bytes, 12) & 0xf) > 1) return Fail(Error::kBadCommand);
  if (bytes.size() < kFixedBytes) return NeedMore(kFixedBytes);

  ProxyHeaderParse parse;
  parse.size = kFixedBytes + LengthAt(bytes, 14);
  if (parse.size > kMaxProxyHeaderBytes) return Fail(Error::kTooLong);
  const bool local = (ByteAt(bytes, 12) & 0xf) == 0;
  // Accepts streams only, since the connection is one. AF_UNSPEC may be accepted "using the real endpoint addresses",
  // but those are the balancer's own, and the address that counts is behind it.
  const unsigned family = ByteAt(bytes, 13);
  const std::size_t address_bytes = family == 0x11 ? 4 : family == 0x21 ? 16 : 0;
  const std::size_t block_end = kFixedBytes + 2 * address_bytes + 4;
  if (!local && address_bytes == 0) return Fail(Error::kNoIpAddress);
  if (!local && parse.size < block_end) return Fail(Error::kAddressTruncated);
  if (bytes.size() < parse.size) return parse;  // kNeedMore
  if (local) {
    // "must discard the protocol block including the family which is ignored"
    parse.kind = Kind::kLocal;
    return parse;
  }
  Tlvs tlvs(bytes.substr(0, parse.size));
  if (const auto error = tlvs.Read(block_end)) return Fail(*error);
  parse.kind = Kind::kProxy;
  parse.vpc_endpoint_id = tlvs.vpc_endpoint_id();
  const std::string_view block = bytes.substr(kFixedBytes);
  if (address_bytes == 4) {
    ReadAddresses<sockaddr_in>(AF_INET, block, address_bytes, &parse);
  } else {
    ReadAddresses<sockaddr_in6>(AF_INET6, block, address_bytes, &parse);
  }
  return parse;
}

}  // namespace viaduct::net
