#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct {

// Appends `text` as a JSON string with its quotes, byte for byte as JavaScript's JSON.stringify writes it: \b \f \n \r
// \t \" and \\, other control characters as \u001f in lower case, everything else as it is. Bytes that are not UTF-8
// become U+FFFD, as when Node.js decodes them, so the result is always valid UTF-8 on one line.
void AppendJsonString(std::string* out, std::string_view text);

// Builds one JSON object at the end of a string, its members in the order given.
//
// Strings may come from the wire; they are escaped. Keys are plain text of the code. Nothing checks that keys differ.
// No allocation once the string has grown to its usual size. Not thread-safe. A view of the string, which must outlive
// it and must not be changed otherwise until End.
class JsonLine {
 public:
  // Opens the object behind what `out` already holds.
  explicit JsonLine(std::string* out);

  // Goes on with the object at the end of `out`, which an earlier one opened and did not end.
  static JsonLine Resume(std::string* out) { return JsonLine(out, Resumed()); }

  JsonLine& String(std::string_view key, std::string_view value);
  JsonLine& Int(std::string_view key, std::int64_t value);
  JsonLine& Uint(std::string_view key, std::uint64_t value);
  JsonLine& Bool(std::string_view key, bool value);
  // The shortest digits that read back the same; null if not finite.
  JsonLine& Double(std::string_view key, double value);
  // Milliseconds with three decimals, "12.345", rounded towards zero.
  JsonLine& Millis(std::string_view key, std::chrono::nanoseconds value);
  JsonLine& Null(std::string_view key);

  // Members until the matching EndObject are those of an object that is the value of `key`.
  JsonLine& BeginObject(std::string_view key);
  JsonLine& EndObject();

  // Members that were rendered before, without braces: `"a":1,"b":"x"`. Not empty.
  JsonLine& Rendered(std::string_view members);

  // Closes the object and the line. Nothing may be added afterwards.
  void End();
  // The same, with `msg` as the last member, where log readers look for it.
  void End(std::string_view msg);

 private:
  struct Resumed {};
  JsonLine(std::string* out, Resumed) : out_(out) {}

  void Key(std::string_view key);
  void Comma();

  std::string* out_;
};

}  // namespace viaduct
