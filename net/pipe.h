#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "net/unique_fd.h"

namespace viaduct::net {

// A kernel pipe through which bytes go from one socket to another without passing this process (splice(2)).
// A value that owns its two descriptors. Not thread-safe.
class Pipe {
 public:
  // nullopt, with errno, when the kernel has none left.
  static std::optional<Pipe> Create();

  int read_end() const { return read_end_.get(); }
  int write_end() const { return write_end_.get(); }
  // What is in it; whoever splices keeps count.
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

// Empty pipes of one worker, kept for the next user. Not thread-safe.
class PipePool {
 public:
  // nullopt when there is none and none can be made: the caller copies instead.
  std::optional<Pipe> Take();
  // Takes back an empty one; one that is not is closed with what is in it.
  void Give(Pipe pipe);
  void Clear() { free_.clear(); }

 private:
  static constexpr std::size_t kMaxKept = 16;

  std::vector<Pipe> free_;
};

}  // namespace viaduct::net
