#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::ip {

// An IPv4 or IPv6 address.
//
// An IPv4-mapped IPv6 address (::ffff:10.0.0.1) and the IPv4 address in it are the same value, so that a peer on a
// dual-stack socket, or a header with the longer form, cannot evade a comparison. A value; holds no references.
class IpAddress {
 public:
  // The most bytes that Format writes.
  static constexpr std::size_t kMaxTextSize = 45;

  // The unspecified address, "::".
  constexpr IpAddress() = default;

  // The address with these 128 bits; an IPv4 address is given in its mapped form.
  constexpr IpAddress(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}

  // Reads the text forms of RFC 4291 section 2.2 and strict dotted decimal, nothing else: no zone ("%eth0"), no
  // leading zero, octal or hexadecimal in an IPv4 part, no missing part, no surrounding space.
  static std::optional<IpAddress> Parse(std::string_view text);

  // Make an address from bytes in network order.
  static IpAddress FromV4Bytes(const std::array<std::uint8_t, 4>& bytes);
  static IpAddress FromV6Bytes(const std::array<std::uint8_t, 16>& bytes);

  constexpr bool is_v4() const { return high_ == 0 && low_ >> 32 == 0xffff; }

  // The upper and the lower half of the 128 bits; see the constructor.
  constexpr std::uint64_t high() const { return high_; }
  constexpr std::uint64_t low() const { return low_; }

  // True if the address can appear on the public Internet: it is not private, shared, link-local, loopback or
  // multicast.
  bool is_global() const;

  // Returns the form of RFC 5952.
  std::string ToString() const;

  // Writes ToString's text, without a terminating zero, to `out`, which has room for kMaxTextSize; returns its size.
  std::size_t Format(char* out) const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

// Reads "address", or "IPv4 address:port" or "[IPv6 address]:port", whose port must be 1 to 65535 and is dropped. This
// is the form of a socket's address, and of members of X-Forwarded-For, where an Application Load Balancer adds the
// port if its client-port attribute is set.
std::optional<IpAddress> ParseAddressMaybePort(std::string_view text);

}  // namespace viaduct::ip
