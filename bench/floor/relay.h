#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "net/unique_fd.h"

namespace viaduct::bench {

// The way in which a relay moves its bytes.
enum class Carrying { kCopy, kSplice };

// A pipe through which bytes are spliced: each direction has one while it holds bytes; otherwise all share one.
struct Pipe {
  net::UniqueFd out;
  net::UniqueFd in;
  std::size_t held = 0;
};

// Carries bytes between two sockets until either ends. Both are registered edge-triggered, once. Not thread-safe.
class Relay {
 public:
  Relay(net::UniqueFd client, net::UniqueFd server, Carrying carrying);

  // Moves what can be moved after an edge of sockets_[side], through `scratch` or `spare`, which are empty again
  // afterwards. Returns false when the relay has ended.
  bool Advance(int side, std::span<char> scratch, std::unique_ptr<Pipe>& spare);

 private:
  // Moves bytes from sockets_[from] to the other socket.
  bool Copy(int from, std::span<char> scratch);
  bool Splice(int from, std::unique_ptr<Pipe>& spare);
  // Sends what is kept for the direction. Returns false if the connection is gone.
  bool Flush(int from);

  std::array<net::UniqueFd, 2> sockets_;
  Carrying carrying_;
  // Bytes that the far socket did not take, by the socket that they came from.
  std::array<std::string, 2> unsent_;
  std::array<std::unique_ptr<Pipe>, 2> pipes_;
};

}  // namespace viaduct::bench
