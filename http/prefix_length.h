#pragma once

#include <cstddef>
#include <string_view>

namespace viaduct {

// How many characters at the front of `text` are wanted: `bit_of(c)` is one bit, always the same, if a character is,
// and 0 if not. Looks at four at a time, with one branch for all of them.
template <typename BitOf>
constexpr std::size_t PrefixLength(std::string_view text, BitOf bit_of) {
  std::size_t length = 0;
  while (text.size() - length >= 4 &&
         (bit_of(text[length]) & bit_of(text[length + 1]) & bit_of(text[length + 2]) & bit_of(text[length + 3])) != 0) {
    length += 4;
  }
  while (length < text.size() && bit_of(text[length]) != 0) ++length;
  return length;
}

}  // namespace viaduct
