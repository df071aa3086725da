#pragma once

#include <cstddef>
#include <cstdint>

#include "http/body_reader.h"
#include "http/head.h"
#include "sidecar/session/buffered_socket.h"

namespace viaduct::sidecar {

// Moves the body of one message through a session: a request's to the upstream, a response's to the viewer.
//
// At most one block for each side is buffered, so a receiver that accepts no bytes stops the reading from the sender.
// Trailers and chunk extensions are not passed on (http::BodyReader). A value.
class BodyPump {
 public:
  // The way in which the receiver learns where the body ends.
  enum class Output : std::uint8_t {
    kPlain,   // by a length, or the end of the connection
    kChunks,  // by chunks that are framed here
  };
  // Makes the pump of a message without a body.
  BodyPump() = default;
  BodyPump(http::BodyLength length, Output output, http::ChunkLines lines)
      : reader_(length, lines), chunks_(output == Output::kChunks), complete_(reader_.complete()) {}

  enum class Result : std::uint8_t {
    kProgress,  // something was read or moved
    kWaiting,   // for the sender's bytes, or for room in the receiver's queue
    kCutShort,  // the sender's connection ended inside the body
    kBroken,    // broken chunks; error() says what
  };
  // Moves what can be moved now, and then flushes `to`, unless the body turns out to be broken. Reads `from` at most
  // once, so that a fast sender does not hold up other connections. Drops bytes for a receiver whose connection has
  // failed.
  Result Pump(BufferedSocket* from, BufferedSocket* to);

  // Returns what is broken, after kBroken.
  http::BodyError error() const { return reader_.error(); }
  // True if a part of the body was taken from the sender, if only framing.
  bool begun() const { return begun_; }
  // True if the whole body is queued for the receiver.
  bool complete() const { return complete_; }
  // Reads the rest of the body, once the pump is of no further use.
  const http::BodyReader& reader() const { return reader_; }
  // The number of content bytes that were moved, without framing.
  std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  void Append(std::string_view content, BufferedSocket* to);
  void Complete(BufferedSocket* to);

  http::BodyReader reader_;
  bool chunks_ = false;
  bool begun_ = false;
  bool complete_ = true;
  std::uint64_t content_bytes_ = 0;
};

}  // namespace viaduct::sidecar
