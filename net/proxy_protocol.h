#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/address.h"
#include "text/closed_list.h"

namespace viaduct::net {

// The longest PROXY header that is read. An NLB's has 28 or 52 bytes, and some 30 more with its own values; the
// protocol would let 64 KiB stand in front of a request, which nobody needs and every connection could be made to hold.
inline constexpr std::size_t kMaxProxyHeaderBytes = 2048;

// Why bytes are no PROXY header that may be believed.
enum class ProxyHeaderError : std::uint8_t {
  kMissing,           // they do not begin with the signature
  kTextForm,          // version 1, which anybody can type
  kBadVersion,        //
  kBadCommand,        // neither LOCAL nor PROXY
  kNoIpAddress,       // PROXY without the addresses of an IP stream, which no one can judge
  kTooLong,           // over kMaxProxyHeaderBytes
  kAddressTruncated,  // the length leaves no room for the addresses
  kTlvTruncated,      // a value goes beyond the header's end
  kChecksumWrong,     // or repeated, or not of four bytes
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

// What the bytes at the start of a connection say, by haproxy's proxy-protocol.txt version 2. A value; the view is one
// of the bytes.
struct ProxyHeaderParse {
  enum class Kind : std::uint8_t {
    kNeedMore,  // nothing is wrong so far; it has at least `size` bytes
    kLocal,     // the sender speaks for itself; nothing else it says counts
    kProxy,     // for `source`, which spoke to `destination`
    kError,
  };
  Kind kind = Kind::kNeedMore;
  // Of kLocal and kProxy: how long the header is. What follows is the connection's.
  std::size_t size = 0;
  SocketAddress source = {};
  SocketAddress destination = {};
  std::string_view vpc_endpoint_id = {};  // by PrivateLink, "vpce-..."; else empty
  ProxyHeaderError error{};
};

// Reads the one header at the start of `bytes`, and nothing behind it. Whoever reads no more bytes than a kNeedMore
// asks for never takes one that is not the header's.
ProxyHeaderParse ParseProxyHeader(std::string_view bytes);

}  // namespace viaduct::net
