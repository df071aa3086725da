#include "ops/json_line.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "ops/utf8.h"

namespace viaduct {
namespace {

constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";

bool IsPlainAscii(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// Whether all eight bytes are plain ASCII. A byte at or above 0x80 shows in its own top bit; a lesser one in the top
// bit of its difference to what it must not be. A borrow from a neighbour only follows a byte that fails itself.
bool AllPlainAscii(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t quote = (word ^ (kOnes * '"')) - kOnes;
  const std::uint64_t backslash = (word ^ (kOnes * '\\')) - kOnes;
  const std::uint64_t control = word - kOnes * 0x20;
  return ((word | quote | backslash | control) & (kOnes * 0x80)) == 0;
}

// How many bytes at the front stand in JSON as they are.
std::size_t PlainLength(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (text.size() - i >= 8 && AllPlainAscii(text.data() + i)) {
      i += 8;
    } else if (text.size() - i < 8 && text.size() >= 8 && AllPlainAscii(text.data() + text.size() - 8)) {
      return text.size();  // the last word once more, from its end, instead of its bytes one by one
    } else if (IsPlainAscii(text[i])) {
      ++i;
    } else {
      if (static_cast<unsigned char>(text[i]) < 0x80) break;
      const Utf8Step step = ReadUtf8(text.substr(i));
      if (!step.valid) break;
      i += step.length;
    }
  }
  return i;
}

void AppendEscaped(std::string* out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kShortName = "\"\\bfnrt";
  out->push_back('\\');
  if (const std::size_t i = kShort.find(c); i != std::string_view::npos) {
    out->push_back(kShortName[i]);
    return;
  }
  out->append("u00");
  out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
  out->push_back(kHex[static_cast<unsigned char>(c) & 15]);
}

template <typename Number>
void AppendNumber(std::string* out, Number value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out->append(digits.data(), end);
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
      text.remove_prefix(ReadUtf8(text).length);
    }
  }
  out->push_back('"');
}

JsonLine::JsonLine(std::string* out) : out_(out) { out_->push_back('{'); }

JsonLine& JsonLine::String(std::string_view key, std::string_view value) {
  Key(key);
  AppendJsonString(out_, value);
  return *this;
}

JsonLine& JsonLine::Int(std::string_view key, std::int64_t value) {
  Key(key);
  AppendNumber(out_, value);
  return *this;
}

JsonLine& JsonLine::Uint(std::string_view key, std::uint64_t value) {
  Key(key);
  AppendNumber(out_, value);
  return *this;
}

JsonLine& JsonLine::Bool(std::string_view key, bool value) {
  Key(key);
  out_->append(value ? "true" : "false");
  return *this;
}

JsonLine& JsonLine::Double(std::string_view key, double value) {
  if (!std::isfinite(value)) return Null(key);
  Key(key);
  AppendNumber(out_, value);
  return *this;
}

JsonLine& JsonLine::Millis(std::string_view key, std::chrono::nanoseconds value) {
  Key(key);
  const std::int64_t micros = value.count() / 1000;
  const std::uint64_t size = micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  if (micros < 0) out_->push_back('-');
  AppendNumber(out_, size / 1000);
  const auto rest = static_cast<unsigned>(size % 1000);
  const std::array<char, 4> decimals = {'.', static_cast<char>('0' + rest / 100),
                                        static_cast<char>('0' + rest / 10 % 10), static_cast<char>('0' + rest % 10)};
  out_->append(decimals.data(), decimals.size());
  return *this;
}

JsonLine& JsonLine::Null(std::string_view key) {
  Key(key);
  out_->append("null");
  return *this;
}

JsonLine& JsonLine::BeginObject(std::string_view key) {
  Key(key);
  out_->push_back('{');
  return *this;
}

JsonLine& JsonLine::EndObject() {
  out_->push_back('}');
  return *this;
}

JsonLine& JsonLine::Rendered(std::string_view members) {
  Comma();
  out_->append(members);
  return *this;
}

void JsonLine::End() { out_->append("}\n"); }

void JsonLine::End(std::string_view msg) {
  String("msg", msg);
  End();
}

// Keys are short: put together aside, they are appended in one call instead of four.
void JsonLine::Key(std::string_view key) {
  std::array<char, 64> text;
  std::size_t size = 0;
  if (out_->back() != '{') text[size++] = ',';
  text[size++] = '"';
  if (key.size() > text.size() - 4) {
    out_->append(text.data(), size).append(key).append("\":");
    return;
  }
  size += key.copy(text.data() + size, key.size());
  text[size++] = '"';
  text[size++] = ':';
  out_->append(text.data(), size);
}

// No value ends in '{', so the last byte tells whether a member came before.
void JsonLine::Comma() {
  if (out_->back() != '{') out_->push_back(',');
}

}  // namespace viaduct
