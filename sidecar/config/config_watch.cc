#include "sidecar/config/config_watch.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sidecar/config/config_warnings.h"
#include "sidecar/config/ladder/ladder_report.h"
#include "text/duration_text.h"

namespace viaduct::sidecar {
namespace {

using SystemClock = std::chrono::system_clock;

constexpr auto kWarnOfAgeEvery = std::chrono::hours(24);

// Returns the age in whole hours, or in seconds if it is shorter.
std::string AgeText(std::chrono::nanoseconds age) {
  const auto hours = std::chrono::floor<std::chrono::hours>(age);
  return text::DurationText(hours.count() > 0 ? std::chrono::nanoseconds(hours)
                                              : std::chrono::floor<std::chrono::seconds>(age));
}

}  // namespace

ConfigWatch::ConfigWatch(ConfigSources sources, Apply apply, ReloadRecord* record, const ops::Logger* logger)
    : apply_(std::move(apply)),
      record_(record),
      logger_(logger),
      sources_(std::move(sources)),
      applied_(sources_.config()) {
  FollowRefresh();
  WarnOfAge();
  thread_.Start([this](ConfigSources::How how) { return LookOnce(how); });
}

ConfigWatch::~ConfigWatch() {
  thread_.Stop();
  // The refresh may be about to deliver a result.
  refresh_.reset();
}

std::optional<ConfigWatch::Fetched> ConfigWatch::TakeFetched() {
  const std::lock_guard lock(mutex_);
  return std::exchange(fetched_, std::nullopt);
}

absl::Status ConfigWatch::LookOnce(ConfigSources::How how) {
  std::vector<ReloadResult> results = sources_.Look(how, net::Clock::now());
  if (std::optional<Fetched> fetched = TakeFetched())
    results.push_back(sources_.TakeFetched(*std::move(fetched), net::Clock::now()));
  ApplyNew();
  // Counted only once in force, so that whoever sees the count can rely on it.
  record_->Note(sources_);
  std::vector<std::string> failures;
  for (const ReloadResult& result : results) {
    Tell(result);
    record_->Count(result, SystemClock::now());
    if (result.source == ReloadSource::kRefresh || result.status.ok()) continue;
    failures.push_back(absl::StrCat(std::string(kReloadSources.Name(result.source)), ": ", result.status.message()));
  }
  FollowRefresh();
  if (how == ConfigSources::How::kAlways && refresh_ != nullptr) refresh_->FetchNow();
  WarnOfAge();
  return failures.empty() ? absl::OkStatus() : absl::FailedPreconditionError(absl::StrJoin(failures, "; "));
}

void ConfigWatch::ApplyNew() {
  if (sources_.config() == applied_) return;
  applied_ = sources_.config();
  // The sources have already checked that no restart is needed.
  if (const absl::Status status = apply_(applied_); !status.ok()) {
    logger_->Log(ops::LogLevel::kError, SystemClock::now(), "settings not applied",
                 {{"error", std::string(status.message())}});
  }
}

void ConfigWatch::Tell(const ReloadResult& result) const {
  if (!result.news) return;
  const auto now = SystemClock::now();
  const std::string_view source = kReloadSources.Name(result.source);
  if (!result.status.ok()) {
    logger_->Log(ops::LogLevel::kWarn, now, "reload failed",
                 {{"source", source}, {"error", std::string(result.status.message())}});
    return;
  }
  if (!result.warning.empty()) {
    logger_->Log(ops::LogLevel::kWarn, now, "an older list of ranges",
                 {{"source", source}, {"warning", result.warning}});
  }
  if (result.source == ReloadSource::kConfig) {
    LogWrongRungs(applied_->ladder, *logger_);
    LogConfigWarnings(*applied_, *logger_);
  }
  if (result.source == ReloadSource::kRanges || result.source == ReloadSource::kRefresh) {
    const RangesFacts facts = record_->ranges();
    logger_->Log(ops::LogLevel::kInfo, now, "reloaded",
                 {{"source", source},
                  {"syncToken", facts.sync_token},
                  {"createDate", facts.create_date},
                  {"prefixes", facts.prefixes},
                  {"removed", facts.removed}});
    return;
  }
  logger_->Log(ops::LogLevel::kInfo, now, "reloaded", {{"source", source}});
}

void ConfigWatch::WarnOfAge() {
  const auto max_age = applied_->edge_ranges.max_age;
  const RangesFacts facts = record_->ranges();
  const auto now = SystemClock::now();
  if (!max_age.has_value() || now - facts.created <= *max_age || now - warned_of_age_ < kWarnOfAgeEvery) return;
  warned_of_age_ = now;
  logger_->Log(ops::LogLevel::kWarn, now, "the list of CloudFront's ranges is old",
               {{"source", facts.source},
                {"createDate", facts.create_date},
                {"age", AgeText(now - facts.created)},
                {"maxAge", AgeText(*max_age)},
                {"fix", "give a newer ip-ranges.json in vpc_origin.edge_ranges.file, or set edge_ranges.refresh"}});
}

// Starts, replaces or stops the refresh as the config says.
void ConfigWatch::FollowRefresh() {
  const auto& wanted = applied_->edge_ranges.refresh;
  if (refresh_ != nullptr && refresh_->refresh() == wanted) return;
  refresh_.reset();
  if (!wanted.has_value()) return;
  refresh_ = std::make_unique<RangesRefresh>(*wanted, [this](Fetched fetched) {
    {
      const std::lock_guard lock(mutex_);
      // A "nothing new" must not replace a list that has not been taken yet.
      const bool nothing_new = fetched.ok() && !fetched->has_value();
      if (!nothing_new || !fetched_.has_value()) fetched_ = std::move(fetched);
    }
    thread_.Wake();
  });
}

}  // namespace viaduct::sidecar
