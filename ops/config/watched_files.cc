#include "ops/config/watched_files.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace viaduct::ops {

void WatchedFiles::Watch(std::vector<std::string> paths) {
  watch_.Watch(std::move(paths));
  if (!watch_.empty()) return;
  failure_.clear();
  changed_ = false;
}

std::optional<absl::Status> WatchedFiles::Look(How how, TimePoint now,
                                               absl::FunctionRef<absl::StatusOr<Outcome>()> read) {
  if (watch_.empty()) return std::nullopt;
  const FileWatch::Look look = watch_.LookAgain();
  changed_ = changed_ || look == FileWatch::Look::kChanged;
  const bool was_stale = stale();
  const bool retry = was_stale && now >= retry_at_;
  if (how == How::kIfChanged && look == FileWatch::Look::kChanged) {
    if (++restless_ != kRestlessLooks) return std::nullopt;
    const absl::Status restless = absl::FailedPreconditionError(absl::StrCat(
        watch_.changing(), ": keeps changing, so it is not taken over until it stays the same for a moment"));
    failure_ = std::string(restless.message());
    return restless;
  }
  restless_ = 0;
  if (how == How::kIfChanged && look == FileWatch::Look::kSame && !retry) return std::nullopt;

  const bool changed = std::exchange(changed_, false);
  const absl::StatusOr<Outcome> outcome = read();
  const std::string before = std::exchange(failure_, std::string(outcome.status().message()));
  bool news = how == How::kAlways;
  if (outcome.ok()) {
    news = news || *outcome == Outcome::kTaken || was_stale;
  } else {
    retry_at_ = now + kRetryAfter;
    news = news || changed || before != failure_;
  }
  return news ? std::optional(outcome.status()) : std::nullopt;
}

}  // namespace viaduct::ops
