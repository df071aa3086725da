#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ops/metrics/metrics.h"

namespace viaduct::sidecar {

// Counts the requests that each generation of the origin secret let pass at one worker: an old generation whose count
// no longer rises can be retired.
//
// New policies add new generations, and each name gets a count when it first appears; after kMaxNames, all others share
// the name "other". Add and Declare must be called on the one counting thread; Read on any.
class SecretMatches {
 public:
  static constexpr std::size_t kMaxNames = 64;

  struct Count {
    std::string_view generation;
    std::uint64_t matches;
  };

  // Makes the generation visible before its first match, since a rate needs the initial zero.
  void Declare(std::string_view generation) { SlotOf(generation); }
  void Add(std::string_view generation) { SlotOf(generation).counter.Add(); }

  // Returns all counts; the views live as long as this object.
  std::vector<Count> Read() const;

 private:
  struct Slot {
    std::string generation;
    ops::Counter counter;
  };

  Slot& SlotOf(std::string_view generation);

  // Slots before `size_` keep their names.
  std::array<Slot, kMaxNames + 1> slots_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace viaduct::sidecar
