#include "websocket/mask.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace viaduct::websocket {

void ApplyMask(char* data, std::size_t n, std::array<std::uint8_t, 4> key, std::size_t offset) {
  // The key aligned with the eight bytes from data[0] on; it is the same for every further eight.
  std::array<std::uint8_t, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % key.size()];
  std::uint64_t key_word;
  std::memcpy(&key_word, turned.data(), sizeof(key_word));

  const std::size_t whole = n - n % sizeof(key_word);
  for (std::size_t i = 0; i < whole; i += sizeof(key_word)) {
    std::uint64_t word;
    std::memcpy(&word, data + i, sizeof(word));
    word ^= key_word;
    std::memcpy(data + i, &word, sizeof(word));
  }
  for (std::size_t i = whole; i < n; ++i) data[i] = static_cast<char>(data[i] ^ turned[i - whole]);
}

}  // namespace viaduct::websocket
