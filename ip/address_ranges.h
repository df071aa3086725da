#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ip/ip_address.h"
#include "text/result.h"

namespace viaduct::ip {

// All addresses of one family that begin with the same bits: a CIDR prefix. A value.
class AddressPrefix {
 public:
  // Reads "10.10.8.0/24" or "2600:9000:1000::/36". The error's message is the quoted input and the rule it breaks.
  // Among others, the bits after the prefix must be zero, and an IPv4 prefix must be written as IPv4.
  static text::Result<AddressPrefix> Parse(std::string_view text);
  // The same, but also reads a single address, "203.0.113.7", as the prefix that contains only it.
  static text::Result<AddressPrefix> ParseOrAddress(std::string_view text);

  // Returns true if the prefix contains the address. An IPv6 prefix, even "::/0", never contains an IPv4 address.
  bool Contains(const IpAddress& address) const {
    return address.is_v4() == first_.is_v4() && first_ <= address && address <= last_;
  }

  const IpAddress& first() const { return first_; }
  const IpAddress& last() const { return last_; }
  // Returns the number of bits that all its addresses begin with, as it is written behind the "/".
  int length() const;

  // Prefixes are ordered by their first address.
  friend auto operator<=>(const AddressPrefix&, const AddressPrefix&) = default;

 private:
  AddressPrefix(IpAddress first, IpAddress last) : first_(first), last_(last) {}

  IpAddress first_;
  IpAddress last_;
};

// Parses each of `texts`; the error of the text at index i begins with "[i]: ".
text::Result<std::vector<AddressPrefix>> ParsePrefixes(std::span<const std::string> texts);

// All addresses of one family from `first` to `last`. A value.
struct AddressRange {
  IpAddress first;
  IpAddress last;

  // Returns "130.176.96.0/19" if the range is a prefix, otherwise "first-last".
  std::string ToString() const;
};

// A set of addresses given by prefixes of both families.
//
// The prefixes may be in any order, overlap and repeat. Immutable; all methods may be called from any thread.
class AddressRanges {
 public:
  // The empty set.
  AddressRanges() = default;
  explicit AddressRanges(std::span<const AddressPrefix> prefixes);

  // Parses the prefixes with the errors of ParsePrefixes. Without prefixes the set is empty.
  static text::Result<AddressRanges> Create(std::span<const std::string> prefixes);

  // Returns true if a prefix contains the address. Takes logarithmic time and allocates nothing.
  bool Contains(const IpAddress& address) const;
  // Returns the range that contains the address; overlapping and adjacent prefixes make one range.
  std::optional<AddressRange> Find(const IpAddress& address) const;

  bool empty() const { return v4_.empty() && v6_.empty(); }
  // The number of ranges; overlapping and adjacent prefixes make one range.
  std::size_t size() const { return v4_.size() + v6_.size(); }

 private:
  static std::vector<AddressRange> Merge(std::vector<AddressRange> ranges);
  // Returns the range that contains the address, or null.
  const AddressRange* Lookup(const IpAddress& address) const;

  // Sorted, with a gap between each two.
  std::vector<AddressRange> v4_;
  std::vector<AddressRange> v6_;
  // The first addresses of `v4_`: nearly all look-ups are in these few cache lines.
  std::vector<std::uint32_t> v4_firsts_;
};

}  // namespace viaduct::ip
