#include "ops/metrics/metrics_page.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "absl/base/macros.h"

namespace viaduct::ops {
namespace {

bool IsMetricName(std::string_view name) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:";
  constexpr std::string_view kFurther = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789";
  return !name.empty() && kFirst.find(name[0]) != std::string_view::npos &&
         name.find_first_not_of(kFurther) == std::string_view::npos;
}

prometheus::ClientMetric WithLabels(const MetricLabels& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

prometheus::ClientMetric ToPrometheus(const HistogramSample& sample) {
  prometheus::ClientMetric metric = WithLabels(sample.labels);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < sample.value.counts.size(); ++i) {
    count += sample.value.counts[i];
    const bool is_last = i == sample.value.upper_bounds.size();
    const double bound = is_last ? std::numeric_limits<double>::infinity() : sample.value.upper_bounds[i];
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = sample.value.sum;
  return metric;
}

// Makes the samples of a family with one value and no labels.
MetricsPage::Samples Unlabelled(MetricsPage::Value value) {
  return [value = std::move(value)] { return std::vector<MetricSample>{{.labels = {}, .value = value()}}; };
}

}  // namespace

void MetricsPage::AddCounter(std::string name, std::string help, Value value) {
  AddCounter(std::move(name), std::move(help), Unlabelled(std::move(value)));
}

void MetricsPage::AddCounter(std::string name, std::string help, Samples samples) {
  Add({std::move(name), std::move(help), Type::kCounter, std::move(samples), nullptr});
}

void MetricsPage::AddGauge(std::string name, std::string help, Value value) {
  AddGauge(std::move(name), std::move(help), Unlabelled(std::move(value)));
}

void MetricsPage::AddGauge(std::string name, std::string help, Samples samples) {
  Add({std::move(name), std::move(help), Type::kGauge, std::move(samples), nullptr});
}

void MetricsPage::AddHistogram(std::string name, std::string help, Histograms histograms) {
  Add({std::move(name), std::move(help), Type::kHistogram, nullptr, std::move(histograms)});
}

void MetricsPage::Add(Family family) {
  // Prometheus drops a whole page because of one bad name or a family that occurs twice.
  ABSL_HARDENING_ASSERT(IsMetricName(family.name));
  ABSL_HARDENING_ASSERT(std::none_of(families_.begin(), families_.end(),
                                     [&family](const Family& other) { return other.name == family.name; }));
  families_.push_back(std::move(family));
}

std::string MetricsPage::Render() const {
  std::vector<prometheus::MetricFamily> page;
  for (const Family& family : families_) {
    prometheus::MetricFamily& shown = page.emplace_back();
    shown.name = family.name;
    shown.help = family.help;
    if (family.type == Type::kHistogram) {
      shown.type = prometheus::MetricType::Histogram;
      for (const HistogramSample& sample : family.histograms()) shown.metric.push_back(ToPrometheus(sample));
      continue;
    }
    shown.type = family.type == Type::kCounter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    for (const MetricSample& sample : family.samples()) {
      prometheus::ClientMetric& metric = shown.metric.emplace_back(WithLabels(sample.labels));
      metric.counter.value = sample.value;
      metric.gauge.value = sample.value;
    }
  }
  return prometheus::TextSerializer().Serialize(page);
}

}  // namespace viaduct::ops
