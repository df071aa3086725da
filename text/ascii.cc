#include "text/ascii.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace viaduct::text {
namespace {

std::uint64_t LoadWord(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Turns the letters of eight characters at once into lower case. The top bit of every summand's byte is clear, so a sum
// carries only into its own byte's top bit, which says whether the character is at least 'A', and whether it is past
// 'Z'.
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

}  // namespace

bool SameIgnoringCase(const char* a, const char* b, std::size_t size) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (size >= kWord) {
    // The last word may overlap the one before it.
    const std::size_t last = size - kWord;
    for (std::size_t i = 0; i < last; i += kWord) {
      if (!SameWord(a + i, b + i)) return false;
    }
    return SameWord(a + last, b + last);
  }
  for (std::size_t i = 0; i < size; ++i) {
    // Most pairs differ, and by more than letter case: that costs one comparison.
    if (a[i] != b[i] && ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

}  // namespace viaduct::text
