#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace viaduct::filter {

// What a byte may be part of: bits, so that one table answers for all.
enum class CharClass : std::uint8_t {
  kAlphanumeric = 1,
  // Of a field name that reads the same for everybody: letters, digits and "-".
  kPlainName = 2,
  // Of a host's label: RFC 1123's letters, digits and hyphen, and the underscore that private names carry.
  kLabel = 4,
  // Of X-Amz-Cf-Id.
  kCfId = 8,
  // Of Via outside of comments, without what separates, opens or closes something there.
  kViaPlain = 16,
};

constexpr std::array<std::uint8_t, 256> MakeCharClasses() {
  constexpr std::string_view kAlphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](CharClass to, std::string_view chars) {
    for (const char c : chars) classes[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(to);
  };
  for (const CharClass one :
       {CharClass::kAlphanumeric, CharClass::kPlainName, CharClass::kLabel, CharClass::kCfId, CharClass::kViaPlain}) {
    add(one, kAlphanumerics);
  }
  add(CharClass::kPlainName, "-");
  add(CharClass::kLabel, "-_");
  add(CharClass::kCfId, "-_=");
  add(CharClass::kViaPlain, " \t!#$%&'*+-./:;<=>?@[]^_`{|}~");
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kCharClasses = MakeCharClasses();

constexpr bool IsOf(CharClass wanted, char c) {
  return (kCharClasses[static_cast<unsigned char>(c)] & static_cast<std::uint8_t>(wanted)) != 0;
}

// Whether every byte is; true of an empty text. Looks at all of them, which for short texts is faster than to stop.
constexpr bool AllOf(CharClass wanted, std::string_view text) {
  std::uint8_t common = static_cast<std::uint8_t>(wanted);
  for (const char c : text) common &= kCharClasses[static_cast<unsigned char>(c)];
  return common != 0;
}

// How many bytes at the front of the text are. Looks at four at a time, with one branch for all of them.
constexpr std::size_t LengthOf(CharClass wanted, std::string_view text) {
  std::size_t length = 0;
  while (text.size() - length >= 4 && AllOf(wanted, text.substr(length, 4))) length += 4;
  while (length < text.size() && IsOf(wanted, text[length])) ++length;
  return length;
}

}  // namespace viaduct::filter
