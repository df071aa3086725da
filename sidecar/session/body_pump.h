#pragma once

#include <cstddef>
#include <cstdint>

#include "http/body_reader.h"
#include "http/head.h"
#include "sidecar/session/buffered_socket.h"

namespace viaduct::sidecar {

// Moves the body of one message from one side of a session to the other: a request's up, a response's down.
//
// At most one block of a side is on its way, so a receiver that takes no bytes stops the reading of the sender.
// Trailers and chunk extensions are not passed on (http::BodyReader). A value.
class BodyPump {
 public:
  // How the receiver learns where the body ends.
  enum class Output : std::uint8_t {
    kPlain,   // by a length, or the end of the connection
    kChunks,  // by chunks that are framed here
  };
  // Of a message without a body.
  BodyPump() = default;
  BodyPump(http::BodyLength length, Output output)
      : reader_(length), chunks_(output == Output::kChunks), complete_(reader_.complete()) {}

  enum class Result : std::uint8_t {
    kProgress,  // something was read or moved
    kWaiting,   // for the sender's bytes, or for room towards the receiver
    kCutShort,  // the sender's connection ended inside the body
    kBroken,    // broken chunks
  };
  // Moves what can be moved now, and flushes `to` behind each piece. Reads `from` once at most, so that a fast sender
  // does not hold up other connections. Drops what comes for a receiver whose connection failed.
  Result Pump(BufferedSocket* from, BufferedSocket* to);

  // Whether the whole body is queued for the receiver.
  bool complete() const { return complete_; }
  // Bytes of content that were moved, without framing.
  std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  void Append(std::string_view content, BufferedSocket* to);
  void Complete(BufferedSocket* to);

  http::BodyReader reader_;
  bool chunks_ = false;
  bool complete_ = true;
  std::uint64_t content_bytes_ = 0;
};

}  // namespace viaduct::sidecar
