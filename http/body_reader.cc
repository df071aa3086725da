#include "http/body_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "http/field.h"

namespace viaduct::http {
namespace {

constexpr std::uint32_t kMaxTrailerBytes = 8 * 1024;
constexpr std::size_t kMaxSizeDigits = 15;  // below 2^60: no sum of ours overflows

bool IsFieldLine(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && IsToken(line.substr(0, colon)) && IsFieldValue(line.substr(colon + 1));
}

// Returns true if `text` may stand between a chunk's size and its line's end: white space, which RFC 9112 section 7.1.1
// allows before extensions and some servers pad sizes with, and extensions.
bool IsChunkLineRest(std::string_view text) {
  text = TrimWhitespace(text);
  return text.empty() || (text.front() == ';' && IsFieldValue(text));
}

}  // namespace

BodyReader::BodyReader(BodyLength length, ChunkLines lines) : lines_(lines), remaining_(length.bytes) {
  switch (length.kind) {
    case BodyLength::Kind::kNone:
      state_ = State::kComplete;
      break;
    case BodyLength::Kind::kContentLength:
      state_ = length.bytes == 0 ? State::kComplete : State::kCounted;
      break;
    case BodyLength::Kind::kChunked:
      state_ = State::kChunkSize;
      break;
    case BodyLength::Kind::kUntilClose:
      state_ = State::kUntilClose;
      break;
  }
}

BodyReader::Piece BodyReader::Next(std::string_view bytes) {
  if (state_ == State::kComplete) return {.kind = Piece::Kind::kEnd};
  if (bytes.empty()) return {.kind = Piece::Kind::kNeedMore};
  switch (state_) {
    case State::kUntilClose:
      return {.kind = Piece::Kind::kContent, .size = bytes.size()};
    case State::kCounted:
    case State::kChunkData: {
      const std::uint64_t size = std::min<std::uint64_t>(bytes.size(), remaining_);
      remaining_ -= size;
      if (remaining_ == 0) state_ = state_ == State::kCounted ? State::kComplete : State::kChunkEnd;
      return {.kind = Piece::Kind::kContent, .size = static_cast<std::size_t>(size)};
    }
    case State::kChunkSize:
      return ChunkSize(bytes);
    case State::kChunkEnd:
      return ChunkEnd(bytes);
    case State::kTrailer:
      return Trailer(bytes);
    case State::kComplete:
      break;
  }
  return {.kind = Piece::Kind::kEnd};
}

BodyReader::Piece BodyReader::ChunkSize(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, kMaxHeldBytes);
  std::uint64_t size = 0;
  const auto [stop, error] =
      std::from_chars(line.data(), line.data() + std::min(line.size(), kMaxSizeDigits), size, 16);
  if (error != std::errc()) return {.kind = Piece::Kind::kError};
  std::size_t end = static_cast<std::size_t>(stop - line.data());
  if (lines_ == ChunkLines::kLenient && end < line.size() && line[end] != '\r') {
    const std::string_view rest = line.substr(end, line.find('\r', end) - end);
    if (!IsChunkLineRest(rest)) return {.kind = Piece::Kind::kError};
    end += rest.size();
  }
  const std::string_view line_end = line.substr(end, 2);
  if (line_end != "\r\n") {
    const bool open = (line_end.empty() || line_end == "\r") && line.size() < kMaxHeldBytes;
    return {.kind = open ? Piece::Kind::kNeedMore : Piece::Kind::kError};
  }
  state_ = size == 0 ? State::kTrailer : State::kChunkData;
  remaining_ = size;
  return {.kind = Piece::Kind::kFraming, .size = end + 2};
}

BodyReader::Piece BodyReader::ChunkEnd(std::string_view bytes) {
  if (bytes == "\r") return {.kind = Piece::Kind::kNeedMore};
  if (bytes.substr(0, 2) != "\r\n") return {.kind = Piece::Kind::kError};
  state_ = State::kChunkSize;
  return {.kind = Piece::Kind::kFraming, .size = 2};
}

BodyReader::Piece BodyReader::Trailer(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kMaxHeldBytes).find('\n');
  if (end == std::string_view::npos) {
    return {.kind = bytes.size() < kMaxHeldBytes ? Piece::Kind::kNeedMore : Piece::Kind::kError};
  }
  if (end == 0 || bytes[end - 1] != '\r') return {.kind = Piece::Kind::kError};
  const std::string_view line = bytes.substr(0, end - 1);
  trailer_bytes_ += static_cast<std::uint32_t>(end + 1);
  if (trailer_bytes_ > kMaxTrailerBytes) return {.kind = Piece::Kind::kError};
  if (line.empty()) {
    state_ = State::kComplete;
  } else if (!IsFieldLine(line)) {
    return {.kind = Piece::Kind::kError};
  }
  return {.kind = Piece::Kind::kFraming, .size = end + 1};
}

void AppendChunkHeader(std::string* out, std::uint64_t size) {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16);
  out->append(digits.data(), end);
  out->append(kChunkEnd);
}

}  // namespace viaduct::http
