#include "origin/room/history.h"

#include <algorithm>
#include <utility>

namespace viaduct::origin {

std::size_t History::CostOf(const Batch& batch) {
  return batch.echoes->capacity() + sizeof(std::string) + sizeof(Batch);
}

void History::Add(const Limits& limits, std::shared_ptr<const std::string> echoes, std::uint64_t first,
                  std::uint64_t count, net::Clock::time_point now) {
  if (limits.max_messages == 0 || count == 0) return;
  if (batches_.empty()) oldest_ = first;
  batches_.push_back({.echoes = std::move(echoes), .first = first, .count = count, .time = now});
  bytes_ += CostOf(batches_.back());
  const std::uint64_t end = first + count;
  if (end - oldest_ > limits.max_messages) oldest_ = end - limits.max_messages;
  while (front_ < batches_.size()) {
    const Batch& front = batches_[front_];
    const bool old = now - front.time > limits.max_age;
    if (!old && bytes_ <= limits.max_bytes && front.first + front.count > oldest_) break;
    DropFront();
  }
  Compact();
}

void History::Age(const Limits& limits, net::Clock::time_point now) {
  while (front_ < batches_.size() && now - batches_[front_].time > limits.max_age) DropFront();
  Compact();
}

void History::Clear() {
  std::vector<Batch>().swap(batches_);
  front_ = bytes_ = 0;
}

std::vector<History::Slice> History::After(std::uint64_t number) const {
  std::vector<Slice> slices;
  const std::uint64_t begin = std::max(number + 1, oldest_);
  for (std::size_t i = front_; i < batches_.size(); ++i) {
    const Batch& batch = batches_[i];
    const std::uint64_t end = batch.first + batch.count;
    if (end <= begin) continue;
    const std::uint64_t skip = begin > batch.first ? begin - batch.first : 0;
    slices.push_back({.echoes = batch.echoes,
                      .skip = skip,
                      .first = batch.first + skip,
                      .count = batch.count - skip,
                      .time = batch.time});
  }
  return slices;
}

void History::DropFront() {
  Batch& batch = batches_[front_++];
  bytes_ -= CostOf(batch);
  oldest_ = std::max(oldest_, batch.first + batch.count);
  batch.echoes.reset();
}

void History::Compact() {
  if (front_ == batches_.size()) return Clear();
  // Moves the rest only when half is dropped, so that the cost of a batch is constant.
  if (front_ <= batches_.size() / 2) return;
  batches_.erase(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(front_));
  front_ = 0;
}

}  // namespace viaduct::origin
