#include "http/field.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

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

// Sixteen bytes as one vector, and a bit for each of them. clang maps them to what the processor has.
using Block = unsigned char __attribute__((ext_vector_type(16)));
using BlockBits = bool __attribute__((ext_vector_type(16)));

Block LoadBlock(const char* bytes) {
  Block block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

// Returns the place of the first byte of `found` that is not zero; 16 if there is none.
template <typename Comparison>
std::size_t FirstSet(Comparison found) {
  static_assert(std::endian::native == std::endian::little, "the first byte's bit is the lowest");
  const auto bits = __builtin_bit_cast(std::uint16_t, __builtin_convertvector(found, BlockBits));
  return static_cast<std::size_t>(std::countr_zero(bits));
}

// Returns the place of the first control character (tabs included) among the sixteen at `bytes`; 16 if there is none.
std::size_t FirstControl(const char* bytes) {
  const Block block = LoadBlock(bytes);
  return FirstSet((block < 0x20) | (block == 0x7f));
}

// Returns the place of the first byte that is not a letter, digit or '-', the usual bytes of field names; 16 if there
// is none.
std::size_t FirstUnusual(const char* bytes) {
  const Block block = LoadBlock(bytes);
  const Block letter = (block | 0x20) - 'a';
  const Block digit = block - '0';
  return FirstSet((letter > 25) & (digit > 9) & (block != '-'));
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
  while (text.size() - i >= sizeof(Block)) {
    const std::size_t doubtful = first_doubtful(text.data() + i);
    i += doubtful;
    if (doubtful == sizeof(Block)) continue;
    if (!allowed(text[i])) return i;
    ++i;
  }
  while (i < text.size() && allowed(text[i])) ++i;
  return i;
}

}  // namespace

std::size_t TokenLength(std::string_view text) { return LengthByBlocks(text, FirstUnusual, IsTokenByte); }

bool IsToken(std::string_view text) { return !text.empty() && TokenLength(text) == text.size(); }

std::size_t FieldValueLength(std::string_view text) { return LengthByBlocks(text, FirstControl, IsValueByte); }

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
    if (text::EqualsIgnoreCase(member, token)) return true;
  }
  return false;
}

}  // namespace viaduct::http
