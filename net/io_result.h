#pragma once

#include <cstddef>
#include <cstdint>

namespace viaduct {

// How one read or write ended.
struct IoResult {
  enum class Kind : std::uint8_t {
    kDone,        // `bytes` were moved, at least one
    kWouldBlock,  // nothing moved; the owner is called when it may go on
    kEnd,         // reads only: the peer will send no more
    kFailed,      // `error` is an errno; the connection is of no further use
  };
  Kind kind;
  std::size_t bytes = 0;
  int error = 0;

  bool done() const { return kind == Kind::kDone; }
};

}  // namespace viaduct
