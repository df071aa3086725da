#include "ops/metrics/metrics.h"

#include <algorithm>
#include <cmath>

#include "absl/base/macros.h"

namespace viaduct::ops {

void HistogramSnapshot::Add(const HistogramSnapshot& other) {
  if (counts.empty()) {
    *this = other;
    return;
  }
  ABSL_HARDENING_ASSERT(upper_bounds == other.upper_bounds);  // Otherwise the sum would be meaningless.
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum += other.sum;
}

Histogram::Histogram(std::span<const double> upper_bounds)
    : upper_bounds_(upper_bounds.begin(), upper_bounds.end()),
      counts_(std::make_unique<Counter[]>(upper_bounds.size() + 1)) {
  // Prometheus refuses a page whose bounds do not rise.
  ABSL_HARDENING_ASSERT(!upper_bounds.empty() && std::is_sorted(upper_bounds.begin(), upper_bounds.end()));
  for (double bound : upper_bounds) upper_nanos_.push_back(std::llround(bound * 1e9));
}

void Histogram::Observe(std::chrono::nanoseconds duration) {
  const auto bucket = std::lower_bound(upper_nanos_.begin(), upper_nanos_.end(), duration.count());
  counts_[static_cast<std::size_t>(bucket - upper_nanos_.begin())].Add();
  sum_nanos_.Add(duration.count());
}

HistogramSnapshot Histogram::Snapshot() const {
  HistogramSnapshot snapshot{.upper_bounds = upper_bounds_, .counts = {}, .sum = 0};
  for (std::size_t i = 0; i <= upper_bounds_.size(); ++i) snapshot.counts.push_back(counts_[i].value());
  snapshot.sum = static_cast<double>(sum_nanos_.value()) * 1e-9;
  return snapshot;
}

}  // namespace viaduct::ops
