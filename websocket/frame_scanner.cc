#include "websocket/frame_scanner.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
FrameScanner::Piece FrameScanner::Next(std::string_view bytes) {
  std::string_view rest = bytes;
  while (true) {
    const std::size_t payload = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, rest.size()));
    remaining_ -= payload;
    rest.remove_prefix(payload);
    if (rest.empty()) break;

    const ParsedHeader parsed = ParseFrameHeader(rest, rules_);
    const FrameHeader& header = parsed.header;
    if (parsed.kind != ParsedHeader::Kind::kHeader || IsControl(header.opcode)) {
      // The control frame gets a piece of its own.
      if (rest.size() < bytes.size()) break;
      return Gap(parsed, bytes.size());
    }
    rules_.in_message = !header.fin;
    remaining_ = header.payload_length;
    payload_length_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(remaining_, UINT32_MAX));
    ++data_frames_;
    rest.remove_prefix(parsed.size);
  }
  if (bytes.empty()) return {};
  return {.kind = Piece::Kind::kData, .size = bytes.size() - rest.size()};
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

}  // namespace viaduct::websocket
