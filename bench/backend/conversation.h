#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "websocket/frame_header.h"

namespace viaduct::bench {

// The backend's side of one connection, without its socket: answers a GET with the request's target as its body, an
// upgrade with 101, and then every data frame with the same payload, unmasked. Answers a frame in pieces as it arrives,
// so that its size costs no memory. Answers a Close with a Close. Not thread-safe.
class Conversation {
 public:
  // Appends the answers to `input` to `output`. Returns false if the input is invalid; the caller then closes the
  // connection.
  bool Take(std::string_view input, std::string& output);

 private:
  bool TakeHead(std::string_view head, std::string& output);
  // Consumes the front of `input`.
  bool TakeFrame(std::string_view& input, std::string& output);

  // An incomplete head or frame header.
  std::string partial_;
  bool upgraded_ = false;
  // State of the current frame.
  websocket::FrameHeader frame_;
  std::uint64_t remaining_ = 0;
  std::size_t position_ = 0;
};

}  // namespace viaduct::bench
