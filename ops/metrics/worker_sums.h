#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ops/metrics/close_code_counts.h"
#include "ops/metrics/metrics.h"
#include "ops/metrics/metrics_page.h"

namespace viaduct::ops {

// Adds up the counters of a program's workers, each of which has its own struct `Counts`.
//
// A member of Counts is named by a member pointer, or by a function from `const Counts&` to a reference, for members
// deeper inside. The functions returned for MetricsPage hold a copy of this object. Thread-safe. A value; the workers'
// counts must outlive it and those functions.
template <typename Counts>
class WorkerSums {
 public:
  explicit WorkerSums(std::vector<const Counts*> workers) : workers_(std::move(workers)) {}

  // Returns the sum of a Counter or Gauge.
  template <typename Member>
  std::int64_t Of(Member member) const {
    std::int64_t sum = 0;
    for (const Counts* worker : workers_) sum += static_cast<std::int64_t>(std::invoke(member, *worker).value());
    return sum;
  }

  // Returns the sum of each element of a std::array of counters.
  template <typename Member>
  std::vector<std::int64_t> OfEach(Member member) const {
    using Array = std::remove_cvref_t<std::invoke_result_t<Member, const Counts&>>;
    std::vector<std::int64_t> sums(std::tuple_size_v<Array>);
    for (const Counts* worker : workers_) {
      const Array& counters = std::invoke(member, *worker);
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<std::int64_t>(counters[i].value());
    }
    return sums;
  }

  // Returns the sums of CloseCodeCounts, in the order of CloseCodeCounts::Labels().
  template <typename Member>
  std::vector<std::int64_t> OfCloses(Member member) const {
    std::vector<std::int64_t> sums(CloseCodeCounts::Labels().size());
    for (const Counts* worker : workers_) {
      const std::vector<std::uint64_t> counts = std::invoke(member, *worker).CountsByLabel();
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<std::int64_t>(counts[i]);
    }
    return sums;
  }

  // Returns a family with the one value of Of.
  template <typename Member>
  MetricsPage::Value Value(Member member) const {
    return [sums = *this, member] { return static_cast<double>(sums.Of(member)); };
  }

  // Returns a family with a sample for each value of the closed list that indexes the array of counters. The name in
  // the list is the value of `label`.
  template <typename Member, typename List>
  MetricsPage::Samples Samples(Member member, std::string label, const List& list) const {
    std::vector<std::string> names;
    for (const auto value : list) names.emplace_back(list.Name(value));
    return Samples(member, std::move(label), std::move(names));
  }
  // The same with explicit names for the array's elements.
  template <typename Member>
  MetricsPage::Samples Samples(Member member, std::string label, std::vector<std::string> names) const {
    return [sums = *this, member, label = std::move(label), names = std::move(names)] {
      std::vector<MetricSample> samples;
      const std::vector<std::int64_t> values = sums.OfEach(member);
      for (std::size_t i = 0; i < values.size(); ++i) {
        samples.push_back({.labels = {{label, names[i]}}, .value = static_cast<double>(values[i])});
      }
      return samples;
    };
  }

  // Returns a family with the one sum of a Histogram.
  template <typename Member>
  MetricsPage::Histograms Histograms(Member member) const {
    return [sums = *this, member] {
      HistogramSnapshot sum;
      for (const Counts* worker : sums.workers_) sum.Add(std::invoke(member, *worker).Snapshot());
      return std::vector<HistogramSample>{{.labels = {}, .value = std::move(sum)}};
    };
  }

 private:
  std::vector<const Counts*> workers_;
};

}  // namespace viaduct::ops
