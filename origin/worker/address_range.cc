#include "origin/worker/address_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>

namespace viaduct::origin {
namespace {

constexpr std::size_t kV4Offset = 12;
constexpr std::array<std::uint8_t, kV4Offset> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// A socket's address without its port.
std::string_view HostOf(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  const std::size_t colon = text.find(':');
  const bool v4_with_port = colon != std::string_view::npos && text.find('.') < colon;
  return v4_with_port ? text.substr(0, colon) : text;
}

}  // namespace

std::optional<AddressRange::Bits> AddressRange::ParseBits(std::string_view text, bool* is_v4) {
  Bits bits{};
  const std::string terminated(text);
  if (::inet_pton(AF_INET6, terminated.c_str(), bits.data()) == 1) {
    *is_v4 = std::equal(kMapped.begin(), kMapped.end(), bits.begin());
    return bits;
  }
  std::copy(kMapped.begin(), kMapped.end(), bits.begin());
  if (::inet_pton(AF_INET, terminated.c_str(), bits.data() + kV4Offset) != 1) return std::nullopt;
  *is_v4 = true;
  return bits;
}

std::optional<AddressRange> AddressRange::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  bool is_v4 = false;
  const std::string_view address = text.substr(0, slash);
  const std::optional<Bits> bits = ParseBits(address, &is_v4);
  if (!bits.has_value()) return std::nullopt;
  // A mapped address in IPv6 form counts its prefix as IPv6 does.
  const bool dotted = is_v4 && address.find(':') == std::string_view::npos;
  AddressRange range;
  range.bits_ = *bits;
  range.prefix_ = 128;
  if (slash != std::string_view::npos) {
    const std::string_view length = text.substr(slash + 1);
    int prefix = 0;
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), prefix);
    if (error != std::errc() || end != length.data() + length.size() || prefix < 0) return std::nullopt;
    if (prefix > (dotted ? 32 : 128)) return std::nullopt;
    range.prefix_ = prefix + (dotted ? 96 : 0);
  }
  if (range.Masked(range.bits_) != range.bits_) return std::nullopt;
  return range;
}

bool AddressRange::Contains(std::string_view text) const {
  bool is_v4 = false;
  const std::optional<Bits> bits = ParseBits(HostOf(text), &is_v4);
  return bits.has_value() && Masked(*bits) == bits_;
}

AddressRange::Bits AddressRange::Masked(Bits bits) const {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(prefix_ - 8 * i, 0, 8);
    bits[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return bits;
}

}  // namespace viaduct::origin
