#include "sidecar/config/ranges_refresh.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/quiet_thread.h"
#include "sidecar/config/https_fetch.h"
#include "sidecar/config/ranges_list.h"

namespace viaduct::sidecar {
namespace {

constexpr net::Clock::duration kFirstBackOff = std::chrono::minutes(1);

}  // namespace

RangesRefresh::RangesRefresh(Refresh refresh, Deliver deliver)
    : refresh_(std::move(refresh)),
      deliver_(std::move(deliver)),
      random_(std::random_device{}()),
      thread_(net::StartQuietThread([this] { Run(); })) {}

RangesRefresh::~RangesRefresh() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void RangesRefresh::FetchNow() {
  {
    const std::lock_guard lock(mutex_);
    fetch_now_ = true;
  }
  wake_.notify_all();
}

void RangesRefresh::Run() {
  while (!stop_) {
    const net::Clock::duration pause = NextPause(FetchOnce());
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, pause, [this] { return stop_ || fetch_now_; });
    fetch_now_ = false;
  }
}

bool RangesRefresh::FetchOnce() {
  const HttpsFetch fetch{.url = refresh_.url,
                         .ca_file = refresh_.ca_file,
                         .etag = etag_,
                         .timeout = refresh_.timeout,
                         .max_body_bytes = kMaxRangesBytes};
  const absl::StatusOr<HttpsAnswer> answer = FetchHttps(fetch, stop_);
  if (stop_) return false;
  if (!answer.ok()) {
    deliver_(answer.status());
    return false;
  }
  if (!answer->modified) {
    deliver_(std::nullopt);
    return true;
  }
  absl::StatusOr<filter::IpRanges> ranges = ReadRangesText(answer->body);
  const bool ok = ranges.ok();
  // What could not be read is wanted again.
  etag_ = ok ? answer->etag : "";
  if (ok) {
    deliver_(*std::move(ranges));
  } else {
    deliver_(absl::InvalidArgumentError(absl::StrCat(refresh_.url, ": ", ranges.status().message())));
  }
  return ok;
}

net::Clock::duration RangesRefresh::NextPause(bool ok) {
  const net::Clock::duration interval = refresh_.interval;
  back_off_ = ok ? net::Clock::duration::zero() : std::max(2 * back_off_, kFirstBackOff);
  const net::Clock::duration pause = ok ? interval : std::min(back_off_, interval);
  std::uniform_real_distribution<double> factor(0.9, 1.1);
  return std::chrono::duration_cast<net::Clock::duration>(pause * factor(random_));
}

}  // namespace viaduct::sidecar
