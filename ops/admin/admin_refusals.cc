#include "ops/admin/admin_refusals.h"

#include <string>
#include <utility>
#include <vector>

namespace viaduct::ops {
namespace {

constexpr auto kLogEvery = std::chrono::seconds(1);
constexpr std::size_t kMaxMethodBytes = 256;

}  // namespace

void AdminRefusals::Note(Reason reason, const Call& call, std::chrono::steady_clock::time_point now) {
  const std::optional<std::uint64_t> suppressed = Count(reason, now);
  if (!suppressed.has_value()) return;
  logger_->Log(LogLevel::kWarn, std::chrono::system_clock::now(), "admin call refused",
               {{"method", call.method.substr(0, kMaxMethodBytes)},
                {"reason", kReasons.Name(reason)},
                {"callerName", call.certificate_name},
                {"suppressed", *suppressed}});
}

void AdminRefusals::NoteConnection(Reason reason, std::string_view peer, std::chrono::steady_clock::time_point now) {
  const std::optional<std::uint64_t> suppressed = Count(reason, now);
  if (!suppressed.has_value()) return;
  logger_->Log(LogLevel::kWarn, std::chrono::system_clock::now(), "admin connection refused",
               {{"peer", peer}, {"reason", kReasons.Name(reason)}, {"suppressed", *suppressed}});
}

std::optional<std::uint64_t> AdminRefusals::Count(Reason reason, std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  counts_[kReasons.Index(reason)].Add();
  if (logged_at_.has_value() && now - *logged_at_ < kLogEvery) {
    ++suppressed_;
    return std::nullopt;
  }
  logged_at_ = now;
  return std::exchange(suppressed_, 0);
}

void AdminRefusals::AddMetrics(MetricsPage* page) const {
  page->AddCounter("viaduct_admin_refused_total",
                   "Calls of the admin API without a good token, and connections ended for its limits.", [this] {
                     std::vector<MetricSample> samples;
                     for (const Reason reason : kReasons) {
                       samples.push_back({.labels = {{"reason", std::string(kReasons.Name(reason))}},
                                          .value = static_cast<double>(counts_[kReasons.Index(reason)].value())});
                     }
                     return samples;
                   });
}

}  // namespace viaduct::ops
