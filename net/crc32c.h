#pragma once

#include <cstdint>
#include <string_view>

namespace viaduct::net {

// The CRC of RFC 3720 section 12.1 (Castagnoli), a byte at a time: for headers, not for bulk. `before` is the checksum
// of the bytes in front of these, so that Crc32c(b, Crc32c(a)) is that of a and b together.
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace viaduct::net
