#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "websocket/frame_header.h"

namespace viaduct::bench {

// What the backend says on one connection, without its socket: answers a GET with the request's target as its body, an
// upgrade with 101, and then every data frame with the same payload, unmasked. A frame is answered as it comes, in
// pieces, so that its size costs no memory. A Close is answered by a Close. Not thread-safe.
class Conversation {
 public:
  // Appends the answers to `input` to `output`. False if the input makes no sense: the connection is to be closed.
  bool Take(std::string_view input, std::string& output);

 private:
  bool TakeHead(std::string_view head, std::string& output);
  // Takes the front of `input`, which becomes shorter.
  bool TakeFrame(std::string_view& input, std::string& output);

  // A head, or a frame header, of which the rest is still to come.
  std::string partial_;
  bool upgraded_ = false;
  // Of the frame under way.
  websocket::FrameHeader frame_;
  std::uint64_t remaining_ = 0;
  std::size_t position_ = 0;
};

}  // namespace viaduct::bench
