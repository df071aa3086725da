#include "sidecar/thread/secret_matches.h"

namespace viaduct::sidecar {

std::vector<SecretMatches::Count> SecretMatches::Read() const {
  const std::size_t size = size_.load(std::memory_order_acquire);
  std::vector<Count> counts;
  counts.reserve(size);
  for (std::size_t i = 0; i < size; ++i) counts.push_back({slots_[i].generation, slots_[i].counter.value()});
  return counts;
}

SecretMatches::Slot& SecretMatches::SlotOf(std::string_view generation) {
  const std::size_t size = size_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < size; ++i) {
    if (slots_[i].generation == generation) return slots_[i];
  }
  if (size == slots_.size()) return slots_.back();
  slots_[size].generation = size == kMaxNames ? "other" : generation;
  // The name must be visible to readers before the size is.
  size_.store(size + 1, std::memory_order_release);
  return slots_[size];
}

}  // namespace viaduct::sidecar
