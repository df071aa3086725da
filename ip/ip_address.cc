#include "ip/ip_address.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace viaduct::ip {
namespace {

constexpr std::uint64_t kMappedPrefix = 0xffffULL << 32;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes a decimal number of at most `max` without leading zeros off the front of `text`.
std::optional<std::uint32_t> TakeDecimal(std::string_view& text, std::uint32_t max) {
  std::uint32_t value = 0;
  std::size_t size = 0;
  for (; size < text.size() && IsDigit(text[size]); ++size) {
    if (size > 0 && value == 0) return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(text[size] - '0');
    if (value > max) return std::nullopt;
  }
  if (size == 0) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

std::optional<std::uint32_t> ParseV4(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint32_t address = 0;
  for (int octets = 0; octets < 4; ++octets) {
    if (octets > 0 && (at == end || *at++ != '.')) return std::nullopt;
    if (at == end || !IsDigit(*at)) return std::nullopt;
    auto octet = static_cast<std::uint32_t>(*at++ - '0');
    // No digit may follow a leading zero.
    while (octet > 0 && at != end && IsDigit(*at)) {
      octet = octet * 10 + static_cast<std::uint32_t>(*at++ - '0');
      if (octet > 255) return std::nullopt;
    }
    address = address << 8 | octet;
  }
  return at == end ? std::optional(address) : std::nullopt;
}

// Returns the value of a hexadecimal digit, or -1.
constexpr int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

IpAddress FromGroups(const std::array<std::uint16_t, 8>& groups) {
  std::uint64_t halves[2] = {0, 0};
  for (std::size_t i = 0; i < groups.size(); ++i) halves[i / 4] = halves[i / 4] << 16 | groups[i];
  return IpAddress(halves[0], halves[1]);
}

std::optional<IpAddress> ParseV6(std::string_view text) {
  std::array<std::uint16_t, 8> groups{};
  std::size_t count = 0;
  // The number of groups before "::".
  std::optional<std::size_t> gap;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    std::uint32_t group = 0;
    std::size_t digits = 0;
    for (int digit = 0; digits < std::min<std::size_t>(text.size(), 5); ++digits) {
      if (digit = HexDigit(text[digits]); digit < 0) break;
      group = group << 4 | static_cast<std::uint32_t>(digit);
    }
    if (digits < text.size() && text[digits] == '.') {
      const std::optional<std::uint32_t> v4 = ParseV4(text);
      if (!v4 || count > 6) return std::nullopt;
      groups[count++] = static_cast<std::uint16_t>(*v4 >> 16);
      groups[count++] = static_cast<std::uint16_t>(*v4);
      break;
    }
    if (digits == 0 || digits > 4 || count == 8) return std::nullopt;
    groups[count++] = static_cast<std::uint16_t>(group);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.front() != ':' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
    if (text.front() == ':') {
      if (gap) return std::nullopt;
      gap = count;
      text.remove_prefix(1);
    }
  }
  // "::" stands for at least one group.
  if (gap ? count == 8 : count != 8) return std::nullopt;
  if (gap) {
    const std::size_t shift = 8 - count;
    for (std::size_t i = count; i-- > *gap;) {
      groups[i + shift] = groups[i];
      groups[i] = 0;
    }
  }
  return FromGroups(groups);
}

char* FormatV4(std::uint32_t address, char* out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out = std::to_chars(out, out + 3, address >> shift & 0xff).ptr;
    if (shift > 0) *out++ = '.';
  }
  return out;
}

// A run of zero groups; `begin` is 8 when there is none to shorten.
struct Run {
  std::size_t begin = 8;
  std::size_t size = 1;
};

// Returns the longest run of two or more zero groups, the first if several are equal (RFC 5952 section 4.2).
Run LongestZeroRun(const std::array<std::uint16_t, 8>& groups) {
  Run longest;
  for (std::size_t begin = 0; begin < groups.size(); ++begin) {
    std::size_t end = begin;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - begin > longest.size) longest = Run{begin, end - begin};
    if (end > begin) begin = end;
  }
  return longest;
}

char* FormatV6(std::uint64_t high, std::uint64_t low, char* out) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<std::uint16_t>((i < 4 ? high : low) >> (3 - i % 4) * 16);
  const Run zeros = LongestZeroRun(groups);
  for (std::size_t i = 0; i < groups.size();) {
    if (i == zeros.begin) {
      *out++ = ':';
      *out++ = ':';
      i += zeros.size;
      continue;
    }
    if (i > 0 && i != zeros.begin + zeros.size) *out++ = ':';
    out = std::to_chars(out, out + 4, groups[i], 16).ptr;
    ++i;
  }
  return out;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  // A group has at most four digits, so an IPv6 address has a ":" in its first five characters.
  for (const char c : text.substr(0, 5)) {
    if (c == ':') return ParseV6(text);
  }
  const std::optional<std::uint32_t> v4 = ParseV4(text);
  if (!v4) return std::nullopt;
  return IpAddress(0, kMappedPrefix | *v4);
}

IpAddress IpAddress::FromV4Bytes(const std::array<std::uint8_t, 4>& bytes) {
  std::uint64_t low = 0xffff;
  for (const std::uint8_t byte : bytes) low = low << 8 | byte;
  return IpAddress(0, low);
}

IpAddress IpAddress::FromV6Bytes(const std::array<std::uint8_t, 16>& bytes) {
  std::uint64_t halves[2] = {0, 0};
  for (std::size_t i = 0; i < bytes.size(); ++i) halves[i / 8] = halves[i / 8] << 8 | bytes[i];
  return IpAddress(halves[0], halves[1]);
}

bool IpAddress::is_global() const {
  // Only addresses in 2000::/3 have been allocated.
  if (!is_v4()) return high_ >> 61 == 1;
  struct Block {
    std::uint32_t first;
    int length;
  };
  // The blocks of RFC 6890, and all from 224.0.0.0 on, which is multicast or unused.
  constexpr Block kBlocks[] = {{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},
                               {0xa9fe0000, 16}, {0xac100000, 12}, {0xc0a80000, 16}, {0xe0000000, 3}};
  const auto address = static_cast<std::uint32_t>(low_);
  return std::none_of(std::begin(kBlocks), std::end(kBlocks),
                      [&](const Block& block) { return (address ^ block.first) >> (32 - block.length) == 0; });
}

std::string IpAddress::ToString() const {
  char text[kMaxTextSize];
  return std::string(text, Format(text));
}

std::size_t IpAddress::Format(char* out) const {
  char* const end = is_v4() ? FormatV4(static_cast<std::uint32_t>(low_), out) : FormatV6(high_, low_, out);
  return static_cast<std::size_t>(end - out);
}

std::optional<IpAddress> ParseAddressMaybePort(std::string_view text) {
  if (const std::optional<IpAddress> bare = IpAddress::Parse(text)) return bare;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view port = text.substr(colon + 1);
  const std::optional<std::uint32_t> number = TakeDecimal(port, 65535);
  if (!number || *number == 0 || !port.empty()) return std::nullopt;

  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // IPv6 needs the brackets, and only IPv6 may have them.
  if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  return IpAddress::Parse(host);
}

}  // namespace viaduct::ip
