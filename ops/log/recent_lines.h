#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::ops {

// The latest log lines that an operator may ask about: why was this refused, why did that end? Holds at most kMaxBytes
// of each kind and forgets the oldest first, so that a flood of refused requests drives out no ended connection.
//
// Not thread-safe: each thread has its own.
class RecentLines {
 public:
  // About 1,500 lines.
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

  enum class Kind : std::uint8_t { kRequest, kConnection };

  // Keeps a copy. A line longer than kMaxBytes is not kept.
  void Keep(Kind kind, std::string_view line);
  // Returns the latest `most` lines of each kind that contain `text`, the newest first.
  std::vector<std::string> Find(std::string_view text, std::size_t most) const;

 private:
  struct Ring {
    std::deque<std::string> lines;  // the oldest first
    std::size_t bytes = 0;
  };

  Ring rings_[2];  // by kind
};

}  // namespace viaduct::ops
