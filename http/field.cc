#include "http/field.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

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

// Eight bytes as one word. Below, `word - n * kOnes` borrows from a neighbour only behind a byte that is caught itself.
constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kTops = 0x8080808080808080;

std::uint64_t LoadWord(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// The top bit of each byte that is a control character, the tab among them. Bits above the lowest one may be wrong.
std::uint64_t ControlBytes(std::uint64_t word) {
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word;
  const std::uint64_t not_delete = word ^ (kOnes * 0x7f);
  return (below_space | ((not_delete - kOnes) & ~not_delete)) & kTops;
}

constexpr bool IsValueByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (std::memcmp(a.data(), b.data(), a.size()) == 0) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    // Most pairs differ, and by more than letter case: that costs one comparison.
    if (a[i] != b[i] && Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

std::size_t TokenLength(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && kTokenTable[static_cast<unsigned char>(text[length])]) ++length;
  return length;
}

bool IsToken(std::string_view text) { return !text.empty() && TokenLength(text) == text.size(); }

std::size_t FieldValueLength(std::string_view text) {
  std::size_t i = 0;
  while (text.size() - i >= sizeof kOnes) {
    const std::uint64_t control = ControlBytes(LoadWord(text.data() + i));
    if (control == 0) {
      i += sizeof kOnes;
      continue;
    }
    if constexpr (std::endian::native == std::endian::little)
      i += static_cast<std::size_t>(std::countr_zero(control)) / 8;
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
