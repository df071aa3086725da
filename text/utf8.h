#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::text {

// Checks UTF-8 (RFC 3629) that arrives in pieces, cut anywhere, even inside a character. Overlong forms, surrogates and
// code points over U+10FFFF are refused at their second byte.
//
// Not thread-safe. A value.
class Utf8Validator {
 public:
  // Reads the next piece. Returns true while the text so far can be the beginning of valid UTF-8; false from the first
  // byte that no valid text can have in its place until Reset.
  bool Consume(std::string_view text);

  // True if the text so far is valid and does not end inside a character. An empty text is complete.
  bool complete() const { return state_ == 0; }

  // Begins a new text.
  void Reset() { state_ = 0; }

 private:
  std::uint8_t state_ = 0;  // of the automaton in utf8.cc; 0 is between characters
};

// Returns true if `text` is valid UTF-8.
bool IsUtf8(std::string_view text);

// Returns the longest prefix of the valid UTF-8 `text` that has at most `max_bytes` and ends between characters.
std::string_view TruncateUtf8(std::string_view text, std::size_t max_bytes);

// The front of a text: one UTF-8 sequence, or bytes that are not valid (Unicode 15, table 3-7).
struct Utf8Step {
  // At least 1. If not valid, the length of the part that a decoder replaces by one U+FFFD (Unicode's "maximal
  // subpart", as in the WHATWG decoder and so in Node.js).
  std::size_t length;
  bool valid;
  char32_t code_point;  // 0 if not valid
};

// Reads the front of `text`, which must not be empty. Surrogates and overlong forms are not valid.
Utf8Step ReadUtf8(std::string_view text);

// Returns the size of the longest prefix of `text` that is valid UTF-8.
std::size_t ValidUtf8Length(std::string_view text);

// Returns `text` with U+FFFD for each part that is not valid.
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace viaduct::text
