#include "sidecar/config/reload_record.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sidecar/config/reload_source.h"

namespace viaduct::sidecar {
namespace {

double SecondsOf(std::chrono::system_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

RangesFacts FactsOf(const ConfigSources& sources) {
  const RangesList& list = sources.ranges();
  return {.source = std::string(kRangesSources.Name(list.source)),
          .sync_token = list.ranges.sync_token,
          .create_date = list.ranges.create_date,
          .created = RangesTime(list.ranges.create_date).value_or(ReloadRecord::WallTime{}),
          .prefixes = list.ranges.prefixes.size(),
          .removed = sources.removed().size()};
}

}  // namespace

ReloadRecord::ReloadRecord(ops::ReloadCounts* counts, const ConfigSources& sources, WallTime now) : counts_(counts) {
  for (const ReloadSource source : kReloadSources) {
    // Nothing has been fetched yet.
    const bool read =
        source != ReloadSource::kRefresh && (source != ReloadSource::kCertificate || sources.config()->tls.has_value());
    counts_->Add(kReloadSources.Name(source),
                 read ? ops::ReloadCounts::Source::kRead : ops::ReloadCounts::Source::kNotRead, now);
  }
  Note(sources);
}

void ReloadRecord::Count(const ReloadResult& result, WallTime now) {
  counts_->Count(kReloadSources.Name(result.source), result.status.ok(), now);
}

void ReloadRecord::Note(const ConfigSources& sources) {
  for (const ReloadSource source : kReloadSources) {
    counts_->SetStale(kReloadSources.Name(source), sources.stale(source));
  }
  const RangesFacts ranges = FactsOf(sources);
  const net::MutexLock lock(&mutex_);
  ranges_ = ranges;
}

RangesFacts ReloadRecord::ranges() const {
  const net::MutexLock lock(&mutex_);
  return ranges_;
}

void ReloadRecord::AddMetrics(ops::MetricsPage* page) const {
  page->AddGauge("viaduct_ranges_age_seconds", "Since AWS made the list of CloudFront's ranges in force.",
                 [this] { return std::max(SecondsOf(std::chrono::system_clock::now() - ranges().created), 0.0); });
  page->AddGauge("viaduct_ranges_prefixes",
                 "CloudFront's prefixes: on the list, and gone from it within the grace time.", [this] {
                   const RangesFacts facts = ranges();
                   return std::vector<ops::MetricSample>{
                       {.labels = {{"state", "listed"}}, .value = static_cast<double>(facts.prefixes)},
                       {.labels = {{"state", "removed"}}, .value = static_cast<double>(facts.removed)}};
                 });
  page->AddGauge("viaduct_ranges_info", "1; the list of CloudFront's ranges in force.", [this] {
    const RangesFacts facts = ranges();
    return std::vector<ops::MetricSample>{
        {.labels = {{"source", facts.source}, {"sync_token", facts.sync_token}}, .value = 1.0}};
  });
}

}  // namespace viaduct::sidecar
