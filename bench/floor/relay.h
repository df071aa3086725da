#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "net/unique_fd.h"

namespace viaduct::bench {

// How the bytes of a relay move.
enum class Carrying { kCopy, kSplice };

// A pipe that bytes are spliced through: one a direction while it holds bytes, else shared by all.
struct Pipe {
  net::UniqueFd out;
  net::UniqueFd in;
  std::size_t held = 0;
};

// Carries bytes between two sockets until either ends. Both are registered edge-triggered, once. Not thread-safe.
class Relay {
 public:
  Relay(net::UniqueFd client, net::UniqueFd server, Carrying carrying);

  // Moves what can be moved after an edge of sockets_[side], by way of `scratch` or `spare`, which are empty again
  // afterwards. False when the relay has ended.
  bool Advance(int side, std::span<char> scratch, std::unique_ptr<Pipe>& spare);

 private:
  // From sockets_[from] to the other one.
  bool Copy(int from, std::span<char> scratch);
  bool Splice(int from, std::unique_ptr<Pipe>& spare);
  // Sends what is kept for the direction. False if the connection is gone.
  bool Flush(int from);

  std::array<net::UniqueFd, 2> sockets_;
  Carrying carrying_;
  // What the far socket did not take, by where it came from.
  std::array<std::string, 2> unsent_;
  std::array<std::unique_ptr<Pipe>, 2> pipes_;
};

}  // namespace viaduct::bench
