#include "text/utf8.h"

#include <array>
#include <cstring>

namespace viaduct::text {
namespace {

// The states of the automaton. Each is a shift: the row of a byte is a 64-bit word that holds, at bit `state`, the six
// bits of the next state. So a step is one load and one shift. A state's name says what must still follow.
constexpr std::uint8_t kBetween = 0;   // any character
constexpr std::uint8_t kTail1 = 6;     // one byte 80-BF
constexpr std::uint8_t kTail2 = 12;    // two of them
constexpr std::uint8_t kTail3 = 18;    // three of them
constexpr std::uint8_t kAfterE0 = 24;  // A0-BF, then one; less would be overlong
constexpr std::uint8_t kAfterEd = 30;  // 80-9F, then one; more would be a surrogate
constexpr std::uint8_t kAfterF0 = 36;  // 90-BF, then two; less would be overlong
constexpr std::uint8_t kAfterF4 = 42;  // 80-8F, then two; more would be over U+10FFFF
constexpr std::uint8_t kRefused = 48;  // final
constexpr std::uint8_t kStateBits = 0x3f;

using Rows = std::array<std::uint64_t, 256>;

constexpr void Allow(Rows& rows, std::uint8_t state, int first, int last, std::uint8_t next) {
  for (int byte = first; byte <= last; ++byte) {
    std::uint64_t& row = rows[static_cast<std::size_t>(byte)];
    row &= ~(std::uint64_t{kStateBits} << state);
    row |= std::uint64_t{next} << state;
  }
}

// Makes the rows from the rules of RFC 3629 section 4; everything not allowed there is refused.
constexpr Rows MakeRows() {
  Rows rows{};
  for (std::uint8_t state = kBetween; state <= kRefused; state += kTail1) Allow(rows, state, 0x00, 0xff, kRefused);
  Allow(rows, kBetween, 0x00, 0x7f, kBetween);
  Allow(rows, kBetween, 0xc2, 0xdf, kTail1);
  Allow(rows, kBetween, 0xe0, 0xe0, kAfterE0);
  Allow(rows, kBetween, 0xe1, 0xec, kTail2);
  Allow(rows, kBetween, 0xed, 0xed, kAfterEd);
  Allow(rows, kBetween, 0xee, 0xef, kTail2);
  Allow(rows, kBetween, 0xf0, 0xf0, kAfterF0);
  Allow(rows, kBetween, 0xf1, 0xf3, kTail3);
  Allow(rows, kBetween, 0xf4, 0xf4, kAfterF4);
  Allow(rows, kTail1, 0x80, 0xbf, kBetween);
  Allow(rows, kTail2, 0x80, 0xbf, kTail1);
  Allow(rows, kTail3, 0x80, 0xbf, kTail2);
  Allow(rows, kAfterE0, 0xa0, 0xbf, kTail1);
  Allow(rows, kAfterEd, 0x80, 0x9f, kTail1);
  Allow(rows, kAfterF0, 0x90, 0xbf, kTail2);
  Allow(rows, kAfterF4, 0x80, 0x8f, kTail2);
  return rows;
}

constexpr Rows kRows = MakeRows();

constexpr std::size_t kBlock = 16;

bool IsAsciiBlock(const char* block) {
  std::uint64_t low;
  std::uint64_t high;
  std::memcpy(&low, block, sizeof(low));
  std::memcpy(&high, block + sizeof(low), sizeof(high));
  return ((low | high) & 0x8080808080808080) == 0;
}

constexpr bool IsTail(char byte) { return (static_cast<std::uint8_t>(byte) & 0xc0) == 0x80; }

// Returns the code point of one valid sequence.
char32_t CodePointOf(std::string_view sequence) {
  const auto first = static_cast<std::uint8_t>(sequence[0]);
  if (sequence.size() == 1) return first;
  char32_t code_point = first & (0x7f >> sequence.size());
  for (const char tail : sequence.substr(1)) code_point = code_point << 6 | (static_cast<std::uint8_t>(tail) & 0x3f);
  return code_point;
}

}  // namespace

bool Utf8Validator::Consume(std::string_view text) {
  std::uint64_t state = state_;
  while (!text.empty()) {
    if (text.size() >= kBlock && (state & kStateBits) == kBetween && IsAsciiBlock(text.data())) {
      text.remove_prefix(kBlock);
      continue;
    }
    const std::size_t n = text.size() < kBlock ? text.size() : kBlock;
    for (std::size_t i = 0; i < n; ++i) state = kRows[static_cast<std::uint8_t>(text[i])] >> (state & kStateBits);
    text.remove_prefix(n);
    if ((state & kStateBits) == kRefused) break;
  }
  state_ = static_cast<std::uint8_t>(state & kStateBits);
  return state_ != kRefused;
}

bool IsUtf8(std::string_view text) {
  Utf8Validator validator;
  return validator.Consume(text) && validator.complete();
}

std::string_view TruncateUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && IsTail(text[end])) --end;
  return text.substr(0, end);
}

Utf8Step ReadUtf8(std::string_view text) {
  std::uint64_t state = kBetween;
  for (std::size_t i = 0; i < text.size(); ++i) {
    state = kRows[static_cast<std::uint8_t>(text[i])] >> (state & kStateBits);
    if ((state & kStateBits) == kBetween) return {i + 1, true, CodePointOf(text.substr(0, i + 1))};
    if ((state & kStateBits) == kRefused) return {i == 0 ? 1 : i, false, 0};
  }
  return {text.size(), false, 0};
}

std::size_t ValidUtf8Length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const Utf8Step step = ReadUtf8(text.substr(length));
    if (!step.valid) break;
    length += step.length;
  }
  return length;
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string valid;
  for (;;) {
    const std::size_t length = ValidUtf8Length(text);
    valid += text.substr(0, length);
    text.remove_prefix(length);
    if (text.empty()) return valid;
    valid += "\ufffd";
    text.remove_prefix(ReadUtf8(text).length);
  }
}

}  // namespace viaduct::text
