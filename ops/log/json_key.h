#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace viaduct::ops {

// The name of a member, rendered by the compiler as it follows another member of an object: `,"name":`. A literal
// converts to a key; a literal that is too long or needs escaping does not compile.
class JsonKey {
 public:
  // The number of bytes that Put may write, whatever it returns.
  static constexpr std::size_t kRoom = 32;

  // Not explicit: a literal is given where a key is asked for.
  template <std::size_t kSize>
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval JsonKey(const char (&name)[kSize]) : JsonKey(std::string_view(name, kSize - 1)) {}

  // Writes kRoom bytes, which is a few instructions since the size is known; returns where the key ends.
  char* Put(char* at) const {
    std::memcpy(at, text_.data(), kRoom);
    return at + size_;
  }
  // The same without the comma, for the first member of an object.
  char* PutFirst(char* at) const {
    std::memcpy(at, text_.data() + 1, kRoom - 1);
    return at + size_ - 1;
  }

 private:
  consteval explicit JsonKey(std::string_view name) : size_(static_cast<std::uint8_t>(name.size() + 4)) {
    std::size_t size = 0;
    text_.at(size++) = ',';
    text_.at(size++) = '"';
    for (const char c : name) text_.at(c < ' ' || c > '~' || c == '"' || c == '\\' ? kRoom : size++) = c;
    text_.at(size++) = '"';
    text_.at(size++) = ':';
  }

  std::array<char, kRoom> text_{};
  std::uint8_t size_;
};

}  // namespace viaduct::ops
