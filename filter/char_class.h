#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace viaduct::filter {

// The kinds of text that a byte may be part of. They are bits, so that one table answers for all.
enum class CharClass : std::uint8_t {
  kAlphanumeric = 1,
  // Field names that everybody reads in the same way: letters, digits and "-".
  kPlainName = 2,
  // Labels of host names: RFC 1123's letters, digits and hyphen, and the underscore of private names.
  kLabel = 4,
  // X-Amz-Cf-Id without its padding: base64 for URLs.
  kCfId = 8,
  // Via outside of comments, without the characters that separate, open or close something there.
  kViaPlain = 16,
  // Hosts of schemes that are not of the Web: visible ASCII without what ends or splits a host (WHATWG URL, "forbidden
  // host code point").
  kOpaqueHost = 32,
};

constexpr std::array<std::uint8_t, 256> MakeCharClasses() {
  constexpr std::string_view kAlphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](CharClass to, std::string_view chars) {
    for (const char c : chars) classes[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(to);
  };
  for (const CharClass one : {CharClass::kAlphanumeric, CharClass::kPlainName, CharClass::kLabel, CharClass::kCfId,
                              CharClass::kViaPlain, CharClass::kOpaqueHost}) {
    add(one, kAlphanumerics);
  }
  add(CharClass::kPlainName, "-");
  add(CharClass::kLabel, "-_");
  add(CharClass::kCfId, "-_");
  add(CharClass::kViaPlain, " \t!#$%&'*+-./:;<=>?@[]^_`{|}~");
  add(CharClass::kOpaqueHost, "!\"$%&'()*+,-.;=_`{}~");
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kCharClasses = MakeCharClasses();

constexpr bool IsOf(CharClass wanted, char c) {
  return (kCharClasses[static_cast<unsigned char>(c)] & static_cast<std::uint8_t>(wanted)) != 0;
}

// Returns true if every byte is of the wanted class; true for an empty text. Looks at all bytes, which is faster for
// short texts than stopping early.
constexpr bool AllOf(CharClass wanted, std::string_view text) {
  std::uint8_t common = static_cast<std::uint8_t>(wanted);
  for (const char c : text) common &= kCharClasses[static_cast<unsigned char>(c)];
  return common != 0;
}

// Returns how many bytes at the front of the text are of the wanted class. Looks at four bytes with one branch.
constexpr std::size_t LengthOf(CharClass wanted, std::string_view text) {
  std::size_t length = 0;
  while (text.size() - length >= 4 && AllOf(wanted, text.substr(length, 4))) length += 4;
  while (length < text.size() && IsOf(wanted, text[length])) ++length;
  return length;
}

}  // namespace viaduct::filter
