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
// Counting costs a load, an addition and a store, without a locked instruction. Each worker has its own counters, in a
// struct with alignas(64) so that no two workers share a cache line; the metrics page adds them up.
class Counter {
 public:
  // Call it only on the counting thread.
  void Add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }

  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A number that goes up and down, set by one thread and read by any.
class Gauge {
 public:
  // Call Add and Set only on the counting thread; `n` may be negative.
  void Add(std::int64_t n) { Set(value() + n); }
  void Set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }

  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// The content of a histogram at one time. Add sums several of them.
struct HistogramSnapshot {
  std::vector<double> upper_bounds;   // In seconds, rising, without +Inf.
  std::vector<std::uint64_t> counts;  // One for each bucket alone, and a last one for values above all bounds.
  double sum = 0;                     // In seconds.

  // Adds `other`. It must have the same bounds, unless this is empty.
  void Add(const HistogramSnapshot& other);
};

// Durations counted by size, observed by one thread and read by any. Observing needs no locked instruction and no
// allocation.
class Histogram {
 public:
  // `upper_bounds` are in seconds and rising; there must be at least one.
  explicit Histogram(std::span<const double> upper_bounds);

  // Counts a duration; one that equals a bound is in that bound's bucket. Call it only on the counting thread.
  void Observe(std::chrono::nanoseconds duration);

  // Returns the content. While another thread observes, `sum` may be one observation ahead of or behind the counts.
  HistogramSnapshot Snapshot() const;

 private:
  std::vector<double> upper_bounds_;
  std::vector<std::int64_t> upper_nanos_;
  std::unique_ptr<Counter[]> counts_;  // One more than there are bounds.
  Gauge sum_nanos_;
};

}  // namespace viaduct::ops
