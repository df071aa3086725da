#include "sidecar/reload_record.h"

#include <algorithm>
#include <vector>

namespace viaduct {
namespace {

MetricLabels OfSource(std::size_t source) { return {{"source", std::string(kReloadSourceNames[source])}}; }

double SecondsOf(std::chrono::system_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

RangesFacts FactsOf(const ConfigSources& sources) {
  const RangesList& list = sources.ranges();
  return {.origin = std::string(RangesOriginName(list.origin)),
          .sync_token = list.ranges.sync_token,
          .create_date = list.ranges.create_date,
          .created = RangesTime(list.ranges.create_date).value_or(ReloadRecord::WallTime{}),
          .prefixes = list.ranges.prefixes.size(),
          .removed = sources.removed().size()};
}

}  // namespace

ReloadRecord::ReloadRecord(const ConfigSources& sources, WallTime now) {
  Note(sources);
  const MutexLock lock(&mutex_);
  for (Counts& counts : counts_) counts.last_success = now;
  if (!sources.config()->tls.has_value())
    counts_[static_cast<std::size_t>(ReloadSource::kCertificate)].last_success = {};
  // Nothing was fetched yet.
  counts_[static_cast<std::size_t>(ReloadSource::kRefresh)].last_success = {};
}

void ReloadRecord::Count(const ReloadResult& result, WallTime now) {
  const MutexLock lock(&mutex_);
  Counts& counts = counts_[static_cast<std::size_t>(result.source)];
  if (result.status.ok()) {
    ++counts.ok;
    counts.last_success = now;
  } else {
    ++counts.failed;
  }
}

void ReloadRecord::Note(const ConfigSources& sources) {
  const RangesFacts ranges = FactsOf(sources);
  const MutexLock lock(&mutex_);
  ranges_ = ranges;
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i].stale = sources.stale(static_cast<ReloadSource>(i));
}

RangesFacts ReloadRecord::ranges() const {
  const MutexLock lock(&mutex_);
  return ranges_;
}

ReloadRecord::All ReloadRecord::counts() const {
  const MutexLock lock(&mutex_);
  return counts_;
}

void ReloadRecord::AddMetrics(MetricsPage* page) const {
  page->AddCounter("viaduct_reloads_total", "Attempts to take over what a source of the settings holds anew.", [this] {
    std::vector<MetricSample> samples;
    const All all = counts();
    for (std::size_t i = 0; i < all.size(); ++i) {
      MetricLabels labels = OfSource(i);
      labels.emplace_back("result", "ok");
      samples.push_back({.labels = labels, .value = static_cast<double>(all[i].ok)});
      labels.back().second = "failed";
      samples.push_back({.labels = labels, .value = static_cast<double>(all[i].failed)});
    }
    return samples;
  });
  page->AddGauge(
      "viaduct_reload_last_success_timestamp_seconds", "When the source was last read and found good.", [this] {
        std::vector<MetricSample> samples;
        const All all = counts();
        for (std::size_t i = 0; i < all.size(); ++i) {
          if (all[i].last_success == WallTime{}) continue;
          samples.push_back({.labels = OfSource(i), .value = SecondsOf(all[i].last_success.time_since_epoch())});
        }
        return samples;
      });
  page->AddGauge("viaduct_config_stale", "1 while what the source holds cannot be taken over.", [this] {
    std::vector<MetricSample> samples;
    const All all = counts();
    for (std::size_t i = 0; i < all.size(); ++i) {
      samples.push_back({.labels = OfSource(i), .value = all[i].stale ? 1.0 : 0.0});
    }
    return samples;
  });
  page->AddGauge("viaduct_ranges_age_seconds", "Since AWS made the list of CloudFront's ranges in force.",
                 [this] { return std::max(SecondsOf(std::chrono::system_clock::now() - ranges().created), 0.0); });
  page->AddGauge("viaduct_ranges_prefixes",
                 "CloudFront's prefixes: on the list, and gone from it within the grace time.", [this] {
                   const RangesFacts facts = ranges();
                   return std::vector<MetricSample>{
                       {.labels = {{"state", "listed"}}, .value = static_cast<double>(facts.prefixes)},
                       {.labels = {{"state", "removed"}}, .value = static_cast<double>(facts.removed)}};
                 });
  page->AddGauge("viaduct_ranges_info", "1; the list of CloudFront's ranges in force.", [this] {
    const RangesFacts facts = ranges();
    return std::vector<MetricSample>{
        {.labels = {{"source", facts.origin}, {"sync_token", facts.sync_token}}, .value = 1.0}};
  });
}

}  // namespace viaduct
