#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "net/unique_fd.h"

namespace viaduct::net {

// A kernel pipe that carries bytes from one socket to another without copying them into this process (splice(2)).
// A value that owns its two descriptors. Not thread-safe.
class Pipe {
 public:
  // Returns nullopt, with errno, when the kernel has none left.
  static std::optional<Pipe> Create();

  int read_end() const { return read_end_.get(); }
  int write_end() const { return write_end_.get(); }
  // The number of bytes in the pipe, which the user of splice counts with Added and Removed.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void Added(std::size_t bytes) { size_ += bytes; }
  void Removed(std::size_t bytes) { size_ -= bytes; }
  // Moves its content to the end of `text`.
  void MoveTo(std::string* text);

 private:
  Pipe(UniqueFd read_end, UniqueFd write_end) : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

  UniqueFd read_end_;
  UniqueFd write_end_;
  std::size_t size_ = 0;
};

// The one pipe of a worker. Whoever takes it leaves it empty in the same turn, so there need not be a second. Not
// thread-safe.
class WorkerPipe {
 public:
  // Returns the empty pipe, which is made if there is none. Returns null, with errno, when none can be made; the caller
  // then copies instead.
  Pipe* Get();
  // Closes it together with its content.
  void Close() { pipe_.reset(); }

 private:
  std::optional<Pipe> pipe_;
};

}  // namespace viaduct::net
