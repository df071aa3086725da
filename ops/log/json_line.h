#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ops/log/json_key.h"
#include "text/text_buffer.h"

namespace viaduct::ops {

// Appends `text` as a JSON string with its quotes, byte for byte as JavaScript's JSON.stringify writes it: \b \f \n \r
// \t \" and \\, other control characters as \u001f in lower case, everything else unchanged. Bytes that are not UTF-8
// become U+FFFD, as when Node.js decodes them, so the result is always valid UTF-8 on one line.
void AppendJsonString(std::string* out, std::string_view text);

// The same value, but written so that a terminal shows it as it is: controls and characters that hide or reorder other
// text (text/terminal_safe.h) are \u009b and \u202e, too. DEL, which does nothing, stays.
void AppendLogString(std::string* out, std::string_view text);

// Returns the front of `text` that takes at most `most` bytes in a log line, escapes included.
std::string_view FrontForLog(std::string_view text, std::size_t most);

// Builds one JSON object at the end of a text, its members in the order given.
//
// Strings may come from the wire; they are escaped, as by AppendLogString. Nothing checks that keys differ. Each member
// is written in place, without an allocation once the text has grown to its usual size, except for strings that are not
// plain ASCII. Not thread-safe. A view of the text, which must outlive it and must not be changed in other ways until
// End.
class JsonLine {
 public:
  // Opens the object after the content of `out`.
  explicit JsonLine(text::TextBuffer* out);

  // Continues the object at the end of `out`, which an earlier JsonLine opened and did not end.
  static JsonLine Resume(text::TextBuffer* out) { return JsonLine(out, Resumed()); }

  JsonLine& String(const JsonKey& key, std::string_view value);
  JsonLine& Int(const JsonKey& key, std::int64_t value);
  JsonLine& Uint(const JsonKey& key, std::uint64_t value);
  JsonLine& Bool(const JsonKey& key, bool value);
  // Writes the shortest digits that read back the same, or null if the value is not finite.
  JsonLine& Double(const JsonKey& key, double value);
  // Writes milliseconds with three decimals, "12.345", rounded towards zero.
  JsonLine& Millis(const JsonKey& key, std::chrono::nanoseconds value);
  JsonLine& Null(const JsonKey& key);

  // Begins an object as the value of `key`; the members until the matching EndObject belong to it.
  JsonLine& BeginObject(const JsonKey& key);
  JsonLine& EndObject();

  // Adds members that were rendered before, without braces: `"a":1,"b":"x"`. Must not be empty.
  JsonLine& Rendered(std::string_view members);

  // Closes the object and the line. Nothing may be added afterwards.
  void End();
  // The same, with `msg` as the last member, where readers of logs look for it.
  void End(std::string_view msg);

 private:
  struct Resumed {};
  JsonLine(text::TextBuffer* out, Resumed) : out_(out) {}

  // Writes the key and makes room for `value_bytes`; returns where the value goes.
  char* Key(const JsonKey& key, std::size_t value_bytes);
  template <typename Number>
  JsonLine& AddNumber(const JsonKey& key, Number value);

  text::TextBuffer* out_;
};

}  // namespace viaduct::ops
