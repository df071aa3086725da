#include "ip/address_ranges.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "text/concat.h"
#include "text/error.h"

namespace viaduct::ip {
namespace {

constexpr int kV4Offset = 96;

// Returns the 64-bit half whose first `ones` bits are set; `ones` outside 0 to 64 counts as the nearer end.
constexpr std::uint64_t LeadingOnes(int ones) {
  if (ones <= 0) return 0;
  return ones >= 64 ? ~std::uint64_t{0} : ~std::uint64_t{0} << (64 - ones);
}

std::optional<int> ParseLength(std::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  int length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + (c - '0');
  }
  return length;
}

// Returns the address that follows `address`, which must not be the last one.
constexpr IpAddress Next(const IpAddress& address) {
  const std::uint64_t low = address.low() + 1;
  return IpAddress(address.high() + (low == 0 ? 1 : 0), low);
}

// Returns the 32 bits that distinguish an IPv4 address from others.
constexpr std::uint32_t LowBits(const IpAddress& address) { return static_cast<std::uint32_t>(address.low()); }

}  // namespace

text::Result<AddressPrefix> AddressPrefix::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return text::ValueError(text, "has no \"/\" and prefix length");
  const std::string_view base = text.substr(0, slash);
  const std::optional<IpAddress> address = IpAddress::Parse(base);
  if (!address) return text::ValueError(text, "is not an IP address before the \"/\"");
  const std::optional<int> length = ParseLength(text.substr(slash + 1));
  if (!length) return text::ValueError(text, "prefix length is not a decimal number");

  const bool v4 = address->is_v4();
  if (v4 && base.find(':') != std::string_view::npos)
    return text::ValueError(text, "an IPv4 prefix must be written as IPv4");
  if (v4 && *length > 32) return text::ValueError(text, "prefix length exceeds 32");
  if (*length > 128) return text::ValueError(text, "prefix length exceeds 128");

  const int bits = *length + (v4 ? kV4Offset : 0);
  const std::uint64_t high_mask = LeadingOnes(bits);
  const std::uint64_t low_mask = LeadingOnes(bits - 64);
  const IpAddress first(address->high() & high_mask, address->low() & low_mask);
  if (first != *address) {
    const std::string rule = text::Concat("has bits set after its prefix, which is ", first.ToString(), "/", *length);
    return text::ValueError(text, rule);
  }
  return AddressPrefix(first, IpAddress(first.high() | ~high_mask, first.low() | ~low_mask));
}

text::Result<AddressPrefix> AddressPrefix::ParseOrAddress(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return Parse(text);
  const std::optional<IpAddress> address = IpAddress::Parse(text);
  if (!address) return text::ValueError(text, "is not an IP address or prefix");
  return AddressPrefix(*address, *address);
}

int AddressPrefix::length() const {
  const std::uint64_t high = first_.high() ^ last_.high();
  const int same = high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(first_.low() ^ last_.low());
  return first_.is_v4() ? same - kV4Offset : same;
}

text::Result<std::vector<AddressPrefix>> ParsePrefixes(std::span<const std::string> texts) {
  std::vector<AddressPrefix> prefixes;
  prefixes.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const text::Result<AddressPrefix> prefix = AddressPrefix::Parse(texts[i]);
    if (!prefix.ok()) return text::ErrorAt(text::Concat("[", i, "]"), prefix.error());
    prefixes.push_back(*prefix);
  }
  return prefixes;
}

std::string AddressRange::ToString() const {
  // The first and last address of a prefix differ in exactly the bits after the prefix.
  const std::uint64_t high = first.high() ^ last.high();
  const std::uint64_t low = first.low() ^ last.low();
  const int free_bits = high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(low);
  const std::uint64_t high_mask = LeadingOnes(128 - free_bits);
  const std::uint64_t low_mask = LeadingOnes(64 - free_bits);
  const bool prefix = high == ~high_mask && low == ~low_mask && (first.high() & high) == 0 && (first.low() & low) == 0;
  if (!prefix) return text::Concat(first.ToString(), "-", last.ToString());
  return text::Concat(first.ToString(), "/", 128 - free_bits - (first.is_v4() ? kV4Offset : 0));
}

AddressRanges::AddressRanges(std::span<const AddressPrefix> prefixes) {
  std::vector<AddressRange> v4;
  std::vector<AddressRange> v6;
  for (const AddressPrefix& prefix : prefixes) {
    (prefix.first().is_v4() ? v4 : v6).push_back(AddressRange{prefix.first(), prefix.last()});
  }
  v4_ = Merge(std::move(v4));
  v6_ = Merge(std::move(v6));
  for (const AddressRange& range : v4_) v4_firsts_.push_back(LowBits(range.first));
}

text::Result<AddressRanges> AddressRanges::Create(std::span<const std::string> prefixes) {
  const text::Result<std::vector<AddressPrefix>> parsed = ParsePrefixes(prefixes);
  if (!parsed.ok()) return parsed.error();
  return AddressRanges(*parsed);
}

std::vector<AddressRange> AddressRanges::Merge(std::vector<AddressRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.first < b.first; });
  std::vector<AddressRange> merged;
  for (const AddressRange& range : ranges) {
    // The first comparison also covers a range that ends at the very last address, which has no next one.
    if (!merged.empty() && (range.first <= merged.back().last || range.first == Next(merged.back().last))) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

const AddressRange* AddressRanges::Lookup(const IpAddress& address) const {
  const AddressRange* after = nullptr;
  const std::vector<AddressRange>& ranges = address.is_v4() ? v4_ : v6_;
  if (address.is_v4()) {
    const auto found = std::upper_bound(v4_firsts_.begin(), v4_firsts_.end(), LowBits(address));
    after = ranges.data() + (found - v4_firsts_.begin());
  } else {
    const auto found =
        std::upper_bound(ranges.begin(), ranges.end(), address,
                         [](const IpAddress& value, const AddressRange& range) { return value < range.first; });
    after = ranges.data() + (found - ranges.begin());
  }
  if (after == ranges.data() || address > (after - 1)->last) return nullptr;
  return after - 1;
}

bool AddressRanges::Contains(const IpAddress& address) const { return Lookup(address) != nullptr; }

std::optional<AddressRange> AddressRanges::Find(const IpAddress& address) const {
  const AddressRange* const range = Lookup(address);
  if (range == nullptr) return std::nullopt;
  return *range;
}

}  // namespace viaduct::ip
