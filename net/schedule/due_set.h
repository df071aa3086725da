#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "net/event_loop.h"

namespace viaduct::net {

// Hands out items, each at its own time. An item belongs to a number, and a number has at most one item: a later one
// replaces an earlier one, so there are never more than numbers.
//
// Belongs to the loop's thread; must die before the loop.
template <typename Item>
class DueSet final : private Timer::Owner {
 public:
  // `due` gets each item at its time, when the set no longer has it. It may change the set, but not destroy it.
  DueSet(EventLoop* loop, absl::AnyInvocable<void(Item item)> due)
      : loop_(loop), timer_(loop, this), due_(std::move(due)) {}
  DueSet(const DueSet&) = delete;
  DueSet& operator=(const DueSet&) = delete;

  std::size_t size() const { return by_time_.size(); }

  // The item is due at `time`, or in the next turn of the loop if that is past.
  void Add(std::uint64_t number, Clock::time_point time, Item item) {
    Forget(number);
    by_time_.insert({{time, number}, std::move(item)});
    times_[number] = time;
    timer_.Set(by_time_.begin()->first.first);
  }

  // Drops the item of this number, if there is one.
  void Forget(std::uint64_t number) {
    if (times_.empty()) return;
    const auto found = times_.find(number);
    if (found == times_.end()) return;
    by_time_.erase({found->second, number});
    times_.erase(found);
  }

  // Drops the items for which `predicate` is true.
  template <typename Predicate>
  void EraseIf(Predicate predicate) {
    for (auto entry = by_time_.begin(); entry != by_time_.end();) {
      if (!predicate(entry->second)) {
        ++entry;
        continue;
      }
      times_.erase(entry->first.second);
      entry = by_time_.erase(entry);
    }
  }

 private:
  // Items that are due at the same time are ordered by their numbers.
  using Key = std::pair<Clock::time_point, std::uint64_t>;

  void OnTimer(Timer*) override {
    while (!by_time_.empty() && by_time_.begin()->first.first <= loop_->now()) {
      Item item = std::move(by_time_.begin()->second);
      times_.erase(by_time_.begin()->first.second);
      by_time_.erase(by_time_.begin());
      due_(std::move(item));
    }
    if (!by_time_.empty()) timer_.Set(by_time_.begin()->first.first);
  }

  EventLoop* const loop_;
  Timer timer_;
  absl::AnyInvocable<void(Item item)> due_;
  std::map<Key, Item> by_time_;
  absl::flat_hash_map<std::uint64_t, Clock::time_point> times_;
};

}  // namespace viaduct::net
