#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct::ops {

// A number that only grows, counted by one thread and read by any.
//
// Costs a load, an addition and a store: no locked instruction. Each worker has its own set of them, in a struct with
// alignas(64) so that no two workers share a cache line; who shows them adds them up.
class Counter {
 public:
  // Only on the one counting thread.
  void Add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }

  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A number that goes up and down, set by one thread and read by any.
class Gauge {
 public:
  // Only on the one counting thread; `n` may be negative.
  void Add(std::int64_t n) { Set(value() + n); }
  void Set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }

  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// What a histogram held at one time; sums of several are made with Add.
struct HistogramSnapshot {
  std::vector<double> upper_bounds;   // In seconds, rising, without +Inf.
  std::vector<std::uint64_t> counts;  // Of each bucket alone, and last of what is above all bounds.
  double sum = 0;                     // In seconds.

  // `other` has the same bounds, or this is empty.
  void Add(const HistogramSnapshot& other);
};

// Durations counted by size, observed by one thread and read by any; no locked instruction, no allocation.
class Histogram {
 public:
  // `upper_bounds` in seconds, at least one, rising.
  explicit Histogram(std::span<const double> upper_bounds);

  // Only on the one counting thread. A duration equal to a bound is in that bound's bucket.
  void Observe(std::chrono::nanoseconds duration);

  // While another thread observes, `sum` may be an observation ahead of or behind the counts.
  HistogramSnapshot Snapshot() const;

 private:
  std::vector<double> upper_bounds_;
  std::vector<std::int64_t> upper_nanos_;
  std::unique_ptr<Counter[]> counts_;  // One more than bounds.
  Gauge sum_nanos_;
};

}  // namespace viaduct::ops
