#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/event_loop.h"

namespace viaduct::origin {

// The latest messages of one room, numbered without holes. Keeps the echo frames that their batches made anyway, so one
// costs a reference; frames for a client that resumes are encoded on demand.
//
// Not thread-safe; guarded by the hub's lock. An empty history owns no memory.
class History {
 public:
  struct Limits {
    std::size_t max_messages = 0;  // 0: keeps nothing
    std::size_t max_bytes = 0;     // of memory
    std::chrono::nanoseconds max_age{0};
  };

  // A part of one batch.
  struct Slice {
    std::shared_ptr<const std::string> echoes;
    std::uint64_t skip;   // this many frames
    std::uint64_t first;  // number of the next one
    std::uint64_t count;  // from there on
    net::Clock::time_point time;
  };

  // Appends a batch whose messages are numbered from `first` on, and drops what then exceeds the limits. `now` must not
  // go
  // backwards.
  void Add(const Limits& limits, std::shared_ptr<const std::string> echoes, std::uint64_t first, std::uint64_t count,
           net::Clock::time_point now);
  // Drops messages older than `max_age`.
  void Age(const Limits& limits, net::Clock::time_point now);
  void Clear();

  bool empty() const { return batches_.empty(); }
  // The number of the oldest kept message. The history must not be empty.
  std::uint64_t oldest() const { return oldest_; }
  net::Clock::time_point newest_time() const { return batches_.back().time; }
  // Memory that its messages take.
  std::size_t bytes() const { return bytes_; }
  // The kept messages numbered above `number`, oldest first.
  std::vector<Slice> After(std::uint64_t number) const;

 private:
  struct Batch {
    std::shared_ptr<const std::string> echoes;
    std::uint64_t first;
    std::uint64_t count;
    net::Clock::time_point time;
  };

  static std::size_t CostOf(const Batch& batch);
  void DropFront();
  void Compact();

  std::vector<Batch> batches_;
  std::size_t front_ = 0;  // of `batches_`; those before it are dropped
  std::uint64_t oldest_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace viaduct::origin
