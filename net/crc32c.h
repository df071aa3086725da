#pragma once

#include <cstdint>
#include <string_view>

namespace viaduct::net {

// Returns the CRC of RFC 3720 section 12.1 (Castagnoli). It works a byte at a time, for headers and not for bulk data.
// `before` is the checksum of the preceding bytes: Crc32c(b, Crc32c(a)) is the checksum of a followed by b.
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace viaduct::net
