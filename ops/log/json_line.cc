#include "ops/log/json_line.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "text/terminal_safe.h"
#include "text/utf8.h"

namespace viaduct::ops {
namespace {

constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";

constexpr std::size_t kNumberRoom = 32;  // any number, even with a fraction

bool IsPlainAscii(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// Several bytes at a time as the compiler's vectors, which every machine has in some form.
using EightBytes = signed char __attribute__((vector_size(8)));
using SixteenBytes = signed char __attribute__((vector_size(16)));

template <typename Bytes>
Bytes LoadBytes(const char* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

// Sets all bits of the bytes that are not plain ASCII. As signed numbers, bytes beyond ASCII are below 0x20, too.
template <typename Bytes>
Bytes NotPlainAscii(Bytes bytes) {
  return (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
}

bool AllZero(EightBytes bytes) { return std::bit_cast<std::uint64_t>(bytes) == 0; }

bool AllZero(SixteenBytes bytes) {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
  return (halves[0] | halves[1]) == 0;
}

// Returns how many bytes at the front need no escaping in JSON.
std::size_t PlainLength(std::string_view text) {
  std::size_t i = 0;
  const auto plain_at = [text](std::size_t at) {
    return AllZero(NotPlainAscii(LoadBytes<SixteenBytes>(text.data() + at)));
  };
  constexpr std::size_t kStep = sizeof(SixteenBytes);
  while (i < text.size()) {
    if (text.size() - i >= kStep && plain_at(i)) {
      i += kStep;
    } else if (text.size() - i < kStep && text.size() >= kStep && plain_at(text.size() - kStep)) {
      return text.size();  // checks the last bytes again as one vector instead of one by one
    } else if (IsPlainAscii(text[i])) {
      ++i;
    } else {
      if (static_cast<unsigned char>(text[i]) < 0x80) break;
      const text::Utf8Step step = text::ReadUtf8(text.substr(i));
      if (!step.valid) break;
      i += step.length;
    }
  }
  return i;
}

// Appends one or, for a character beyond U+FFFF, two UTF-16 code units as "\u202e".
void AppendCodeUnits(std::string* out, char32_t c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (c > 0xffff) {
    AppendCodeUnits(out, 0xd800 + ((c - 0x10000) >> 10));
    c = 0xdc00 + ((c - 0x10000) & 0x3ff);
  }
  out->append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out->push_back(kHex[c >> shift & 15]);
}

void AppendEscaped(std::string* out, char c) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kShortName = "\"\\bfnrt";
  if (const std::size_t i = kShort.find(c); i != std::string_view::npos) {
    out->push_back('\\');
    out->push_back(kShortName[i]);
  } else {
    AppendCodeUnits(out, static_cast<unsigned char>(c));
  }
}

// Copies the text, which has at least as many bytes as the vector; returns false if not all of it is plain ASCII. The
// last bytes may be copied twice, as one vector, instead of one by one.
template <typename Bytes>
bool CopyPlainAsciiBy(std::string_view text, char* to) {
  const auto copy_at = [&](std::size_t at) {
    const Bytes bytes = LoadBytes<Bytes>(text.data() + at);
    std::memcpy(to + at, &bytes, sizeof bytes);
    return NotPlainAscii(bytes);
  };
  const std::size_t last = text.size() - sizeof(Bytes);
  Bytes refused = copy_at(last);
  for (std::size_t i = 0; i < last; i += sizeof(Bytes)) refused |= copy_at(i);
  return AllZero(refused);
}

// Copies the text; returns false if not all of it is plain ASCII.
bool CopyPlainAscii(std::string_view text, char* to) {
  if (text.size() >= sizeof(SixteenBytes)) return CopyPlainAsciiBy<SixteenBytes>(text, to);
  if (text.size() >= sizeof(EightBytes)) return CopyPlainAsciiBy<EightBytes>(text, to);
  bool plain = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    to[i] = text[i];
    plain &= IsPlainAscii(text[i]);
  }
  return plain;
}

template <std::size_t kSize>
char* Put(const char (&literal)[kSize], char* at) {
  std::memcpy(at, literal, kSize - 1);
  return at + kSize - 1;
}

}  // namespace

void AppendJsonString(std::string* out, std::string_view text) {
  out->push_back('"');
  while (true) {
    const std::size_t plain = PlainLength(text);
    out->append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      AppendEscaped(out, text[0]);
      text.remove_prefix(1);
    } else {
      out->append(kReplacementCharacter);
      text.remove_prefix(text::ReadUtf8(text).length);
    }
  }
  out->push_back('"');
}

void AppendLogString(std::string* out, std::string_view text) {
  std::string json;
  AppendJsonString(&json, text);
  for (std::string_view rest = json; !rest.empty();) {
    const text::Utf8Step step = text::ReadUtf8(rest);
    if (step.length == 1 || text::IsTerminalSafe(step.code_point)) {
      out->append(rest.substr(0, step.length));
    } else {
      AppendCodeUnits(out, step.code_point);
    }
    rest.remove_prefix(step.length);
  }
}

std::string_view FrontForLog(std::string_view text, std::size_t most) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    bytes += c < 0x20 ? 6 : c == '"' || c == '\\' ? 2 : c >= 0x80 ? 3 : 1;
    if (bytes > most) return text.substr(0, i);
  }
  return text;
}

JsonLine::JsonLine(text::TextBuffer* out) : out_(out) { out_->EndAt(Put("{", out_->Room(1))); }

JsonLine& JsonLine::String(const JsonKey& key, std::string_view value) {
  char* const begin = Key(key, value.size() + 2);
  char* const text = Put("\"", begin);
  if (CopyPlainAscii(value, text)) {
    out_->EndAt(Put("\"", text + value.size()));
  } else {
    std::string escaped;
    AppendLogString(&escaped, value);
    out_->EndAt(begin);
    out_->Append(escaped);
  }
  return *this;
}

JsonLine& JsonLine::Int(const JsonKey& key, std::int64_t value) { return AddNumber(key, value); }

JsonLine& JsonLine::Uint(const JsonKey& key, std::uint64_t value) { return AddNumber(key, value); }

JsonLine& JsonLine::Bool(const JsonKey& key, bool value) {
  char* const at = Key(key, 5);
  out_->EndAt(value ? Put("true", at) : Put("false", at));
  return *this;
}

JsonLine& JsonLine::Double(const JsonKey& key, double value) {
  return std::isfinite(value) ? AddNumber(key, value) : Null(key);
}

JsonLine& JsonLine::Millis(const JsonKey& key, std::chrono::nanoseconds value) {
  char* at = Key(key, kNumberRoom);
  char* const end = at + kNumberRoom;
  const std::int64_t micros = value.count() / 1000;
  const std::uint64_t size = micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  if (micros < 0) *at++ = '-';
  at = std::to_chars(at, end, size / 1000).ptr;
  const auto rest = static_cast<unsigned>(size % 1000);
  *at++ = '.';
  *at++ = static_cast<char>('0' + rest / 100);
  *at++ = static_cast<char>('0' + rest / 10 % 10);
  *at++ = static_cast<char>('0' + rest % 10);
  out_->EndAt(at);
  return *this;
}

JsonLine& JsonLine::Null(const JsonKey& key) {
  out_->EndAt(Put("null", Key(key, 4)));
  return *this;
}

JsonLine& JsonLine::BeginObject(const JsonKey& key) {
  out_->EndAt(Put("{", Key(key, 1)));
  return *this;
}

JsonLine& JsonLine::EndObject() {
  out_->EndAt(Put("}", out_->Room(1)));
  return *this;
}

JsonLine& JsonLine::Rendered(std::string_view members) {
  if (out_->back() != '{') out_->EndAt(Put(",", out_->Room(1)));
  out_->Append(members);
  return *this;
}

void JsonLine::End() { out_->EndAt(Put("}\n", out_->Room(2))); }

void JsonLine::End(std::string_view msg) {
  String("msg", msg);
  End();
}

// No value ends in '{', so the last byte says whether a member came before.
char* JsonLine::Key(const JsonKey& key, std::size_t value_bytes) {
  char* const at = out_->Room(JsonKey::kRoom + value_bytes);
  return at[-1] == '{' ? key.PutFirst(at) : key.Put(at);
}

template <typename Number>
JsonLine& JsonLine::AddNumber(const JsonKey& key, Number value) {
  char* const at = Key(key, kNumberRoom);
  out_->EndAt(std::to_chars(at, at + kNumberRoom, value).ptr);
  return *this;
}

}  // namespace viaduct::ops
