#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::origin {

// The IP addresses that begin with the same bits. A value.
class AddressRange {
 public:
  // Reads "203.0.113.0/24", "2001:db8::/32", or a single address. nullopt if it is none, or has bits behind the prefix.
  static std::optional<AddressRange> Parse(std::string_view text);

  // Whether it has the address in `text`: alone, or as a socket's, "192.0.2.1:80" or "[::1]:80". Never one that is no
  // IP address. An IPv4 address mapped into IPv6 is IPv4.
  bool Contains(std::string_view text) const;

 private:
  // IPv4 as mapped into IPv6.
  using Bits = std::array<std::uint8_t, 16>;

  static std::optional<Bits> ParseBits(std::string_view text, bool* is_v4);
  Bits Masked(Bits bits) const;

  Bits bits_ = {};
  int prefix_ = 0;
};

}  // namespace viaduct::origin
