#include "http/field.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "http/prefix_length.h"

namespace viaduct {
namespace {

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr std::array<bool, 256> kTokenTable = MakeTokenTable();

std::uint64_t LoadWord(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Eight characters at once, letters in lower case. The sums carry into a byte's own top bit only, since that of every
// summand is clear: it says whether the character is at least 'A', and whether it is behind 'Z'.
constexpr std::uint64_t LowerWord(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = kOnes * 0x80;
  const std::uint64_t low_bits = word & ~kTops;
  const std::uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
  const std::uint64_t behind_z = low_bits + kOnes * (0x7f - 'Z');
  const std::uint64_t upper = (from_a ^ behind_z) & ~word & kTops;
  return word | upper >> 2;
}

bool SameWord(const char* a, const char* b) {
  const std::uint64_t left = LoadWord(a);
  const std::uint64_t right = LoadWord(b);
  return left == right || LowerWord(left) == LowerWord(right);
}

// Sixteen bytes as one vector, which clang makes of any processor's own.
using Block = unsigned char __attribute__((vector_size(16)));

// The place of the first control character, the tab among them, of the sixteen at `bytes`; 16 if there is none.
std::size_t FirstControl(const char* bytes) {
  Block block;
  std::memcpy(&block, bytes, sizeof block);
  const auto control = (block < 0x20) | (block == 0x7f);
  std::uint64_t halves[2];
  std::memcpy(halves, &control, sizeof halves);
  if ((halves[0] | halves[1]) == 0) return sizeof block;
  const std::size_t half = halves[0] != 0 ? 0 : 1;
  const int before =
      std::endian::native == std::endian::little ? std::countr_zero(halves[half]) : std::countl_zero(halves[half]);
  return half * 8 + static_cast<std::size_t>(before) / 8;
}

constexpr bool IsValueByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (a.size() >= kWord) {
    // The last word may overlap the one before it.
    const std::size_t last = a.size() - kWord;
    for (std::size_t i = 0; i < last; i += kWord) {
      if (!SameWord(a.data() + i, b.data() + i)) return false;
    }
    return SameWord(a.data() + last, b.data() + last);
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    // Most pairs differ, and by more than letter case: that costs one comparison.
    if (a[i] != b[i] && Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

std::size_t TokenLength(std::string_view text) {
  return PrefixLength(text, [](char c) -> unsigned { return kTokenTable[static_cast<unsigned char>(c)]; });
}

bool IsToken(std::string_view text) { return !text.empty() && TokenLength(text) == text.size(); }

std::size_t FieldValueLength(std::string_view text) {
  std::size_t i = 0;
  while (text.size() - i >= sizeof(Block)) {
    const std::size_t control = FirstControl(text.data() + i);
    i += control;
    if (control == sizeof(Block)) continue;
    if (!IsValueByte(text[i])) return i;
    ++i;
  }
  while (i < text.size() && IsValueByte(text[i])) ++i;
  return i;
}

bool IsFieldValue(std::string_view text) { return FieldValueLength(text) == text.size(); }

bool NextListMember(std::string_view& rest, std::string_view& member) {
  while (!rest.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size(); ++end) {
      const char c = rest[end];
      if (quoted && c == '\\') {
        ++end;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        break;
      }
    }
    if (end > rest.size()) end = rest.size();
    const std::string_view found = TrimWhitespace(rest.substr(0, end));
    rest.remove_prefix(end < rest.size() ? end + 1 : end);
    if (!found.empty()) {
      member = found;
      return true;
    }
  }
  return false;
}

bool ListHasToken(std::string_view list, std::string_view token) {
  std::string_view member;
  while (NextListMember(list, member)) {
    if (EqualsIgnoreCase(member, token)) return true;
  }
  return false;
}

}  // namespace viaduct
