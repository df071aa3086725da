#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/address.h"
#include "text/closed_list.h"

namespace viaduct::net {

// The longest PROXY header that is read: addresses, and 4 KiB of values. An NLB's header has 28 or 52 bytes, and about
// 30 more with its own values; other proxies take 4 KiB of them. The protocol allows 64 KiB in front of a request,
// which nobody needs and which an attacker could make every connection hold.
inline constexpr std::size_t kMaxProxyHeaderBytes = 52 + 4096;

// The reason why bytes are not a PROXY header that may be believed.
enum class ProxyHeaderError : std::uint8_t {
  kMissing,           // they do not begin with the signature
  kTextForm,          // version 1, which anybody can type
  kBadVersion,        // neither version 1 nor 2
  kBadCommand,        // neither LOCAL nor PROXY
  kNoIpAddress,       // PROXY without the addresses of an IP stream, so that there is nothing to judge
  kTooLong,           // over kMaxProxyHeaderBytes
  kAddressTruncated,  // the length leaves no room for the addresses
  kTlvTruncated,      // a value extends beyond the header's end
  kChecksumWrong,     // or repeated, or not four bytes long
  kBadVpcEndpointId,  // empty, repeated, over 64 bytes, or not printable
};
inline constexpr auto kProxyHeaderErrors = text::ClosedListOf<ProxyHeaderError>({
    {ProxyHeaderError::kMissing, "proxy_missing"},
    {ProxyHeaderError::kTextForm, "proxy_text_form"},
    {ProxyHeaderError::kBadVersion, "proxy_bad_version"},
    {ProxyHeaderError::kBadCommand, "proxy_bad_command"},
    {ProxyHeaderError::kNoIpAddress, "proxy_no_ip_address"},
    {ProxyHeaderError::kTooLong, "proxy_too_long"},
    {ProxyHeaderError::kAddressTruncated, "proxy_address_truncated"},
    {ProxyHeaderError::kTlvTruncated, "proxy_tlv_truncated"},
    {ProxyHeaderError::kChecksumWrong, "proxy_checksum_wrong"},
    {ProxyHeaderError::kBadVpcEndpointId, "proxy_bad_vpc_endpoint_id"},
});

// The meaning of the bytes at the start of a connection, by haproxy's proxy-protocol.txt version 2. A value; its view
// points into the bytes.
struct ProxyHeaderParse {
  enum class Kind : std::uint8_t {
    kNeedMore,  // nothing is wrong so far; the header has at least `size` bytes
    kLocal,     // the sender speaks for itself; the rest of the header does not count
    kProxy,     // the sender speaks for `source`, which connected to `destination`
    kError,
  };
  Kind kind = Kind::kNeedMore;
  // kLocal, kProxy: the size of the header. The bytes after it belong to the connection.
  std::size_t size = 0;
  SocketAddress source = {};
  SocketAddress destination = {};
  std::string_view vpc_endpoint_id = {};  // "vpce-..." with PrivateLink, otherwise empty
  ProxyHeaderError error{};
};

// Reads the header at the start of `bytes`, and nothing after it. A caller that reads only as many bytes as kNeedMore
// asks for never takes a byte that is not the header's.
ProxyHeaderParse ParseProxyHeader(std::string_view bytes);

}  // namespace viaduct::net
