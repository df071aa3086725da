#pragma once

#include <cstddef>
#include <string_view>

namespace viaduct::ops {

// The descriptor that log lines go to: a regular file, a pipe, or something else such as a socket. Writes what it takes
// without waiting for a reader, and tears no line:
// - what a regular file takes of a line whose rest does not fit, as on a full disk, is taken back, unless somebody else
//   has written behind it;
// - a pipe gets a line that is longer than PIPE_BUF once it is empty, unless the line is longer than the pipe.
// Raises SIGPIPE unless the caller's thread blocks it.
//
// Not thread-safe. Does not own the descriptor.
class LogFile {
 public:
  explicit LogFile(int fd);

  enum class Result {
    kWrote,
    kWouldWait,  // it waited a little, in vain: the reader is slow, the disk is full
    kNoReader,   // there is none now, or the descriptor is closed
  };
  // Writes some of `lines`, whole lines but for the first, which may be a rest, and removes what was written.
  Result WriteSome(std::string_view* lines);

 private:
  enum class Kind { kRegular, kPipe, kOther };

  static Kind KindOf(int fd);
  // Returns what may be written next without blocking, "" if nothing may.
  std::string_view NextPiece(std::string_view lines) const;
  // Removes the last `size` bytes, which were just written. Returns false if they cannot be.
  bool TakeBack(std::size_t size) const;

  int fd_;
  Kind kind_;
};

}  // namespace viaduct::ops
