#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace viaduct::websocket {

// Checks UTF-8 (RFC 3629) that arrives in pieces, cut anywhere, also inside a character.
//
// Fails with the first byte that no valid text can have at its place: overlong forms, surrogates and everything over
// U+10FFFF are refused at their second byte.
// A value; not thread-safe.
class Utf8Validator {
 public:
  // Whether the text so far, with `text` behind it, can be the beginning of valid UTF-8. Once false, false until Reset.
  bool Consume(std::string_view text);

  // Whether the text so far is valid and ends at the end of a character. True in the beginning.
  bool complete() const { return state_ == 0; }

  // Begins a new text.
  void Reset() { state_ = 0; }

 private:
  std::uint8_t state_ = 0;  // of the automaton in utf8.cc; 0 is between characters
};

// Whether `text` is valid UTF-8.
bool IsUtf8(std::string_view text);

// The longest beginning of `text`, which must be UTF-8, that has at most `max_bytes` and does not end inside a
// character.
std::string_view TruncateUtf8(std::string_view text, std::size_t max_bytes);

}  // namespace viaduct::websocket
