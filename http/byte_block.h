#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace viaduct::http {

// Sixteen bytes that are compared at once; clang maps them to what the processor has. The comparisons of C++ yield a
// vector with a zero in each place where they are false.
using ByteBlock = unsigned char __attribute__((ext_vector_type(16)));

inline ByteBlock LoadBlock(const char* bytes) {
  ByteBlock block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

// Returns a bit for each place of a comparison where it is true; the bit of the first place is the lowest.
template <typename Comparison>
unsigned PlacesOf(Comparison found) {
  using Bits = bool __attribute__((ext_vector_type(16)));
  static_assert(std::endian::native == std::endian::little, "the first byte's bit is the lowest");
  return __builtin_bit_cast(std::uint16_t, __builtin_convertvector(found, Bits));
}

}  // namespace viaduct::http
