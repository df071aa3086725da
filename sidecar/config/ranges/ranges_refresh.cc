#include "sidecar/config/ranges/ranges_refresh.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/quiet_thread.h"
#include "ops/program/http_call.h"
#include "sidecar/config/ranges/ranges_list.h"
#include "text/redaction.h"

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
  const absl::StatusOr<ops::HttpCallAnswer> answer = ops::CallHttp({.url = refresh_.url,
                                                                    .user_agent = "viaduct-sidecar",
                                                                    .if_none_match = etag_,
                                                                    .ca_file = refresh_.ca_file,
                                                                    .timeout = refresh_.timeout,
                                                                    .max_body_bytes = kMaxRangesBytes,
                                                                    .stop = &stop_});
  if (stop_) return false;
  if (!answer.ok()) return Fail(answer.status().code(), answer.status().message());
  if (answer->status == 304 && !etag_.empty()) {
    deliver_(std::nullopt);
    return true;
  }
  if (answer->status != 200) {
    return Fail(absl::StatusCode::kUnavailable, absl::StrCat("answered ", answer->status, ", not 200"));
  }
  absl::StatusOr<filter::IpRanges> ranges = ReadRangesText(answer->body);
  // A list that could not be read is fetched again.
  etag_ = ranges.ok() ? answer->etag : "";
  if (!ranges.ok()) return Fail(absl::StatusCode::kInvalidArgument, ranges.status().message());
  deliver_(*std::move(ranges));
  return true;
}

bool RangesRefresh::Fail(absl::StatusCode code, absl::string_view cause) {
  deliver_(absl::Status(code, absl::StrCat(text::RedactUrl(refresh_.url), ": ", cause)));
  return false;
}

net::Clock::duration RangesRefresh::NextPause(bool ok) {
  const net::Clock::duration interval = refresh_.interval;
  back_off_ = ok ? net::Clock::duration::zero() : std::max(2 * back_off_, kFirstBackOff);
  const net::Clock::duration pause = ok ? interval : std::min(back_off_, interval);
  std::uniform_real_distribution<double> factor(0.9, 1.1);
  return std::chrono::duration_cast<net::Clock::duration>(pause * factor(random_));
}

}  // namespace viaduct::sidecar
