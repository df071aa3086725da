// Calls SHA-1 directly: OpenSSL 3 prefers EVP, which looks the algorithm up in every call.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "websocket/handshake.h"

#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace viaduct::websocket {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// True for each character that is a base64 digit.
constexpr std::array<bool, 256> MakeDigitTable() {
  std::array<bool, 256> table{};
  for (const char c : kAlphabet) table[static_cast<std::uint8_t>(c)] = true;
  return table;
}

constexpr std::array<bool, 256> kIsDigit = MakeDigitTable();

// The GUID of RFC 6455 section 1.3.
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// The 20 bytes of a SHA-1 digest leave two for the last group.
std::array<char, 28> Base64(std::span<const std::uint8_t, SHA_DIGEST_LENGTH> digest) {
  std::array<char, 28> out;
  std::size_t end = 0;
  for (std::size_t i = 0; i < digest.size(); i += 3) {
    const std::uint8_t third = i + 2 < digest.size() ? digest[i + 2] : 0;
    const unsigned group = static_cast<unsigned>(digest[i] << 16 | digest[i + 1] << 8 | third);
    for (int shift = 18; shift >= 0; shift -= 6) out[end++] = kAlphabet[group >> shift & 0x3f];
  }
  out.back() = '=';
  return out;
}

}  // namespace

bool IsValidKey(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  for (const char c : key.substr(0, 22)) {
    if (!kIsDigit[static_cast<std::uint8_t>(c)]) return false;
  }
  return true;
}

std::array<char, 28> AcceptValue(std::string_view key) {
  SHA_CTX sha1;
  SHA1_Init(&sha1);
  SHA1_Update(&sha1, key.data(), key.size());
  SHA1_Update(&sha1, kGuid.data(), kGuid.size());
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest;
  SHA1_Final(digest.data(), &sha1);
  return Base64(digest);
}

}  // namespace viaduct::websocket
