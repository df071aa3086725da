#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

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

 private:
  Pipe(UniqueFd read_end, UniqueFd write_end) : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

  UniqueFd read_end_;
  UniqueFd write_end_;
  std::size_t size_ = 0;
};

// The empty pipes of one worker, kept for the next user. Not thread-safe.
class PipePool {
 public:
  // Returns nullopt when there is no pipe and none can be made; the caller then copies instead.
  std::optional<Pipe> Take();
  // Takes back an empty pipe. A pipe that is not empty is closed together with its content.
  void Give(Pipe pipe);
  void Clear() { free_.clear(); }

 private:
  static constexpr std::size_t kMaxKept = 16;

  std::vector<Pipe> free_;
};

}  // namespace viaduct::net
