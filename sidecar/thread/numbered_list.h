#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace viaduct::sidecar {

// Owns elements that come and go, and gives each a number that is never used again, counting up from 1. Uses sixteen
// bytes for each element; the numbers are adjacent in memory, so a scan over all of them is cheap.
//
// An element must have a member `std::size_t slot`, which only the list uses. Not thread-safe.
template <typename T>
class NumberedList {
 public:
  struct Entry {
    std::uint64_t number;
    std::unique_ptr<T> element;
  };

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  // Returns the elements and their numbers, in no particular order.
  const std::vector<Entry>& entries() const { return entries_; }

  void Add(std::unique_ptr<T> element) {
    element->slot = entries_.size();
    entries_.push_back({++last_number_, std::move(element)});
  }

  // Gives up the ownership of an element.
  std::unique_ptr<T> Take(T* element) {
    const std::size_t slot = element->slot;
    std::unique_ptr<T> taken = std::move(entries_[slot].element);
    if (slot + 1 != entries_.size()) {
      entries_[slot] = std::move(entries_.back());
      entries_[slot].element->slot = slot;
    }
    entries_.pop_back();
    return taken;
  }

  // Returns the element with this number, or nullptr.
  T* Find(std::uint64_t number) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [number](const Entry& entry) { return entry.number == number; });
    return found == entries_.end() ? nullptr : found->element.get();
  }

  // Returns the `limit` entries with the lowest numbers above `after`, ascending. Valid until the list changes.
  std::vector<const Entry*> After(std::uint64_t after, std::size_t limit) const {
    std::vector<const Entry*> found;
    for (const Entry& entry : entries_) {
      if (entry.number > after) found.push_back(&entry);
    }
    const auto earlier = [](const Entry* a, const Entry* b) { return a->number < b->number; };
    if (found.size() > limit) {
      const auto end = found.begin() + static_cast<std::ptrdiff_t>(limit);
      std::nth_element(found.begin(), end, found.end(), earlier);
      found.erase(end, found.end());
    }
    std::sort(found.begin(), found.end(), earlier);
    return found;
  }

 private:
  std::vector<Entry> entries_;
  std::uint64_t last_number_ = 0;
};

}  // namespace viaduct::sidecar
