#include "http/field.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "http/byte_block.h"
#include "text/ascii.h"

namespace viaduct::http {
namespace {

constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr std::array<bool, 256> kTokenTable = MakeTokenTable();

// Returns the lowest of the places; 16 if there is none.
std::size_t FirstOf(unsigned places) {
  return static_cast<std::size_t>(std::countr_zero(places | 1U << sizeof(ByteBlock)));
}

// Returns the place of the first control character (tabs included) among the sixteen at `bytes`; 16 if there is none.
std::size_t FirstControl(const char* bytes) {
  const ByteBlock block = LoadBlock(bytes);
  return FirstOf(PlacesOf((block < 0x20) | (block == 0x7f)));
}

// Returns the place of the first byte that is not a letter, digit or '-', the usual bytes of field names; 16 if there
// is none.
std::size_t FirstUnusual(const char* bytes) {
  const ByteBlock block = LoadBlock(bytes);
  const ByteBlock letter = (block | 0x20) - 'a';
  const ByteBlock digit = block - '0';
  return FirstOf(PlacesOf((letter > 25) & (digit > 9) & (block != '-')));
}

constexpr bool IsTokenByte(char c) { return kTokenTable[static_cast<unsigned char>(c)]; }

constexpr bool IsValueByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

// Returns how many bytes at the front are `allowed`. `first_doubtful` says of sixteen bytes how many at the front are
// certainly allowed, so that they need no look of their own.
template <typename FirstDoubtful, typename Allowed>
std::size_t LengthByBlocks(std::string_view text, FirstDoubtful first_doubtful, Allowed allowed) {
  std::size_t i = 0;
  while (text.size() - i >= sizeof(ByteBlock)) {
    const std::size_t doubtful = first_doubtful(text.data() + i);
    i += doubtful;
    if (doubtful == sizeof(ByteBlock)) continue;
    if (!allowed(text[i])) return i;
    ++i;
  }
  while (i < text.size() && allowed(text[i])) ++i;
  return i;
}

// Returns the place of the next `wanted`, or the size of `text`. For short texts: looks at one byte at a time.
template <typename Wanted>
std::size_t FindNear(std::string_view text, std::size_t begin, Wanted wanted) {
  while (begin < text.size() && !wanted(text[begin])) ++begin;
  return begin;
}

// Returns the place of the comma that ends the list member at the front of `list`; the list's size if none does.
std::size_t MemberEnd(std::string_view list) {
  const auto ends_plain = [](char c) { return c == ',' || c == '"'; };
  const auto ends_quoted = [](char c) { return c == '"' || c == '\\'; };
  std::size_t at = FindNear(list, 0, ends_plain);
  while (at < list.size() && list[at] == '"') {
    at = FindNear(list, at + 1, ends_quoted);
    while (at < list.size() && list[at] == '\\') at = FindNear(list, at + 2, ends_quoted);
    at = FindNear(list, at + 1, ends_plain);
  }
  return std::min(at, list.size());
}

}  // namespace

std::size_t TokenLength(std::string_view text) { return LengthByBlocks(text, FirstUnusual, IsTokenByte); }

bool IsToken(std::string_view text) { return !text.empty() && TokenLength(text) == text.size(); }

std::size_t FieldValueLength(std::string_view text) { return LengthByBlocks(text, FirstControl, IsValueByte); }

bool IsFieldValue(std::string_view text) { return FieldValueLength(text) == text.size(); }

bool NextListMember(std::string_view& rest, std::string_view& member) {
  while (!rest.empty()) {
    const std::size_t end = MemberEnd(rest);
    const std::string_view found = TrimWhitespace(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
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
    if (text::EqualsIgnoreCase(member, token)) return true;
  }
  return false;
}

}  // namespace viaduct::http
