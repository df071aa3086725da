#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace viaduct::text {

// What stands at the front of some bytes: one UTF-8 sequence, or bytes that are none (Unicode 15, table 3-7).
struct Utf8Step {
  // At least 1. Of bytes that are no sequence, the part that a decoder replaces by one U+FFFD (Unicode's "maximal
  // subpart", as the WHATWG decoder and so Node.js do it).
  std::size_t length;
  bool valid;
};

// Reads the front of `text`, which must not be empty. Surrogates and overlong forms are not valid.
Utf8Step ReadUtf8(std::string_view text);

// How many bytes of `text`, from its front, are valid UTF-8; text.size() if all are.
std::size_t ValidUtf8Length(std::string_view text);

// `text` with U+FFFD for each part that is none.
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace viaduct::text
