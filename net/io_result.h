#pragma once

#include <cstddef>
#include <cstdint>

namespace viaduct::net {

// The result of one read or write.
struct IoResult {
  enum class Kind : std::uint8_t {
    kDone,        // `bytes` were moved, at least one
    kWouldBlock,  // nothing moved; the owner is called when it may continue
    kEnd,         // reads only: the peer will send no more
    kFailed,      // `error` is an errno; the connection is of no further use
  };
  // In this order the struct fits two registers, which matters because every read and write makes one.
  Kind kind;
  int error = 0;
  std::size_t bytes = 0;

  bool done() const { return kind == Kind::kDone; }
};

}  // namespace viaduct::net
