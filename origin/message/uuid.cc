#include "origin/message/uuid.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace viaduct::origin {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

constexpr bool IsDash(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

// Fills all of `out`: a request of more than 256 bytes may be interrupted, and is then repeated.
void FillWithRandomBytes(std::uint8_t* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::getrandom(out, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) std::abort();  // a kernel without getrandom: no id can be made
    out += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextBytes) return std::nullopt;
  std::array<std::uint8_t, 16> bytes;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const std::size_t value = kHex.find(text[i]);
    if (value == std::string_view::npos) return std::nullopt;
    std::uint8_t& byte = bytes[digits / 2];
    byte = static_cast<std::uint8_t>(digits % 2 == 0 ? value << 4 : byte | value);
    ++digits;
  }
  return Uuid(bytes);
}

std::array<char, Uuid::kTextBytes> Uuid::Text() const {
  std::array<char, kTextBytes> text;
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes_) {
    if (IsDash(at)) text[at++] = '-';
    text[at++] = kHex[byte >> 4];
    text[at++] = kHex[byte & 15];
  }
  return text;
}

Uuid UuidSource::Next() {
  if (left_ == 0) {
    FillWithRandomBytes(random_[0].data(), sizeof random_);
    left_ = random_.size();
  }
  std::array<std::uint8_t, 16> bytes = random_[--left_];
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // the variant of RFC 9562
  return Uuid(bytes);
}

}  // namespace viaduct::origin
