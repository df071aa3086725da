#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.h"
#include "text/closed_list.h"

namespace viaduct::http {

// The reason why a chunked body is refused (RFC 9112 section 7.1).
enum class BodyError : std::uint8_t {
  kBadChunk,    // a broken line before a chunk's content, or something else than a line's end after it
  kBadTrailer,  // a trailer that is not a field line, or too many bytes of trailers
};

inline constexpr auto kBodyErrors = text::ClosedListOf<BodyError>({
    {BodyError::kBadChunk, "bad_chunk"},
    {BodyError::kBadTrailer, "bad_trailer"},
});

// What may follow a chunk's size on its line.
enum class ChunkLines : std::uint8_t {
  // Nothing. For requests: nobody needs extensions there, and attackers hide bytes in them.
  kStrict,
  // White space and extensions, which are dropped; the line has at most BodyReader::kMaxHeldBytes. For responses, whose
  // sender is our own upstream.
  kLenient,
};

// Finds the content of a message's body in the bytes that follow its head, for every kind of framing.
//
// Reads chunked bodies strictly (RFC 9112 section 7.1), apart from ChunkLines::kLenient. Trailer fields must be field
// lines (at most 1 KiB each, 8 KiB together) and are dropped, so that none can pass for a header field.
//
// Not thread-safe. A value; allocates nothing.
class BodyReader {
 public:
  struct Piece {
    enum class Kind : std::uint8_t {
      kContent,   // the first `size` bytes are content
      kFraming,   // the first `size` bytes are framing; the caller drops them
      kNeedMore,  // undecided: the caller keeps the bytes (at most kMaxHeldBytes) and calls again with more
      kEnd,       // the body is complete; the bytes that follow belong to the next message
      kError,     // a broken body; error() says why
    };
    Kind kind;
    std::size_t size = 0;
  };
  static constexpr std::size_t kMaxHeldBytes = 1024;

  BodyReader() : BodyReader(BodyLength{}) {}
  explicit BodyReader(BodyLength length, ChunkLines lines = ChunkLines::kStrict);

  // Says what is at the front of `bytes`, the next unconsumed bytes of the body.
  Piece Next(std::string_view bytes);
  // True once the whole body has been consumed; never for a body that ends with the connection.
  bool complete() const { return state_ == State::kComplete; }
  // Returns the reason, once Next has returned kError.
  BodyError error() const { return state_ == State::kTrailer ? BodyError::kBadTrailer : BodyError::kBadChunk; }
  // True if the body is correctly complete when the connection ends here.
  bool EndsWithConnection() const { return state_ == State::kUntilClose || complete(); }

 private:
  enum class State : std::uint8_t { kComplete, kCounted, kUntilClose, kChunkSize, kChunkData, kChunkEnd, kTrailer };

  Piece ChunkSize(std::string_view bytes);
  Piece ChunkEnd(std::string_view bytes);
  Piece Trailer(std::string_view bytes);

  State state_;
  ChunkLines lines_;
  std::uint32_t trailer_bytes_ = 0;
  std::uint64_t remaining_ = 0;
};

// Appends the line before a chunk of `size` > 0 bytes.
void AppendChunkHeader(std::string* out, std::uint64_t size);
// The bytes that end a chunk, and those that end a body.
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace viaduct::http
