#pragma once

#include <cstddef>
#include <cstdint>

namespace viaduct::net {

// How one read or write ended.
struct IoResult {
  enum class Kind : std::uint8_t {
    kDone,        // `bytes` were moved, at least one
    kWouldBlock,  // nothing moved; the owner is called when it may go on
    kEnd,         // reads only: the peer will send no more
    kFailed,      // `error` is an errno; the connection is of no further use
  };
  // In this order it fits two registers: it is made for every read and write.
  Kind kind;
  int error = 0;
  std::size_t bytes = 0;

  bool done() const { return kind == Kind::kDone; }
};

}  // namespace viaduct::net
