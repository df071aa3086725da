#include "ops/metrics/reload_counts.h"

namespace viaduct::ops {

void ReloadCounts::Add(std::string_view source, Source read, WallTime now) {
  const net::MutexLock lock(&mutex_);
  counts_[std::string(source)].last_success = read == Source::kRead ? now : WallTime{};
}

void ReloadCounts::Count(std::string_view source, bool ok, WallTime now) {
  const net::MutexLock lock(&mutex_);
  Counts& counts = counts_.find(source)->second;
  ++(ok ? counts.ok : counts.failed);
  if (ok) counts.last_success = now;
}

void ReloadCounts::SetStale(std::string_view source, bool stale) {
  const net::MutexLock lock(&mutex_);
  counts_.find(source)->second.stale = stale;
}

ReloadCounts::All ReloadCounts::counts() const {
  const net::MutexLock lock(&mutex_);
  return counts_;
}

void ReloadCounts::AddMetrics(MetricsPage* page) const {
  page->AddCounter("viaduct_reloads_total", "Attempts to reload a source of the settings.", [this] {
    std::vector<MetricSample> samples;
    for (const auto& [source, counts] : counts()) {
      samples.push_back({.labels = {{"source", source}, {"result", "ok"}}, .value = static_cast<double>(counts.ok)});
      samples.push_back(
          {.labels = {{"source", source}, {"result", "failed"}}, .value = static_cast<double>(counts.failed)});
    }
    return samples;
  });
  page->AddGauge("viaduct_reload_last_success_timestamp_seconds", "When the source was last read and found good.",
                 [this] {
                   std::vector<MetricSample> samples;
                   for (const auto& [source, counts] : counts()) {
                     if (counts.last_success == WallTime{}) continue;
                     const std::chrono::duration<double> time = counts.last_success.time_since_epoch();
                     samples.push_back({.labels = {{"source", source}}, .value = time.count()});
                   }
                   return samples;
                 });
  page->AddGauge("viaduct_config_stale", "1 while the content of the source cannot be taken over.", [this] {
    std::vector<MetricSample> samples;
    for (const auto& [source, counts] : counts()) {
      samples.push_back({.labels = {{"source", source}}, .value = counts.stale ? 1.0 : 0.0});
    }
    return samples;
  });
}

}  // namespace viaduct::ops
