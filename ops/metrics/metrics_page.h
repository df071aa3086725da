#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ops/metrics/metrics.h"

namespace viaduct::ops {

// Names and values, such as {{"reason", "via_missing"}}. Names are fixed in the code; values may be any text.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// One line of a counter or a gauge.
struct MetricSample {
  MetricLabels labels;
  double value = 0;
};

// One histogram with its buckets, sum and count.
struct HistogramSample {
  MetricLabels labels;
  HistogramSnapshot value;
};

// The text of /metrics: families of metrics in the order in which they were added, in Prometheus' text format 0.0.4.
//
// Holds no numbers: Render asks each family for its samples, and a family adds up what the workers counted. So a
// counter costs nothing beyond the counting. Family names must be Prometheus names ([a-zA-Z_:][a-zA-Z0-9_:]*) and
// differ from each other; both are asserted. Add all families first. Then Render may be called from any thread and
// calls the families' functions on it. Everything that these functions refer to must outlive the page.
class MetricsPage {
 public:
  using Value = std::function<double()>;
  using Samples = std::function<std::vector<MetricSample>()>;
  using Histograms = std::function<std::vector<HistogramSample>()>;

  // Adds a family with one unlabelled value, or with any number of labelled ones. A counter's name ends in "_total".
  void AddCounter(std::string name, std::string help, Value value);
  void AddCounter(std::string name, std::string help, Samples samples);
  void AddGauge(std::string name, std::string help, Value value);
  void AddGauge(std::string name, std::string help, Samples samples);
  void AddHistogram(std::string name, std::string help, Histograms histograms);

  std::string Render() const;

 private:
  enum class Type { kCounter, kGauge, kHistogram };

  struct Family {
    std::string name;
    std::string help;
    Type type;
    Samples samples;        // Set for counters and gauges.
    Histograms histograms;  // Set for histograms.
  };

  void Add(Family family);

  std::vector<Family> families_;
};

}  // namespace viaduct::ops
