#include "websocket/frame_scanner.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct {

FrameScanner::Piece FrameScanner::Next(std::string_view bytes) {
  std::size_t size = 0;  // of the data found at the front
  while (true) {
    const std::size_t payload = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size() - size));
    remaining_ -= payload;
    size += payload;
    if (size == bytes.size()) break;

    const ParsedHeader parsed = ParseFrameHeader(bytes.substr(size), rules_);
    const FrameHeader& header = parsed.header;
    if (parsed.kind != ParsedHeader::Kind::kHeader || IsControl(header.opcode)) {
      // It gets a piece of its own.
      if (size > 0) break;
      return Gap(parsed, bytes.size());
    }
    rules_.in_message = !header.fin;
    remaining_ = header.payload_length;
    ++data_frames_;
    size += parsed.size;
  }
  if (size == 0) return {};
  return {.kind = Piece::Kind::kData, .size = size};
}

FrameScanner::Piece FrameScanner::Gap(const ParsedHeader& parsed, std::size_t available) {
  if (parsed.kind == ParsedHeader::Kind::kNeedMore) return {};
  if (parsed.kind == ParsedHeader::Kind::kError) return {.kind = Piece::Kind::kError, .error = parsed.error};
  const FrameHeader& header = parsed.header;
  if (available - parsed.size < header.payload_length) return {};
  return {.kind = Piece::Kind::kControl,
          .opcode = header.opcode,
          .masked = header.masked,
          .mask = header.mask,
          .header_size = parsed.size,
          .size = parsed.size + static_cast<std::size_t>(header.payload_length)};
}

}  // namespace viaduct
