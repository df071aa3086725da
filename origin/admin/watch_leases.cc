#include "origin/admin/watch_leases.h"

#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "origin/admin/admin_requests.h"

namespace viaduct::origin {

absl::StatusOr<admin::v1::TaskWatchBatch> WatchLeases::Take(const admin::v1::TaskWatchPoll& poll,
                                                            net::Clock::time_point now) {
  admin::v1::TaskWatchBatch batch;
  auto found = leases_.find(poll.watch());
  if (found == leases_.end()) {
    ChatEventKinds kinds;
    std::vector<std::string> rooms;
    if (const grpc::Status status = ReadWatch(poll.request(), &kinds, &rooms); !status.ok()) {
      return absl::InvalidArgumentError(status.error_message());
    }
    std::shared_ptr<EventFeed::Watcher> watcher = feed_->Watch(kinds, std::move(rooms));
    if (watcher == nullptr) return absl::ResourceExhaustedError("too many watchers, or the task is stopping");
    found = leases_.emplace(poll.watch(), Lease{.watcher = std::move(watcher), .until = now}).first;
    batch.set_started(true);
  }
  Lease& lease = found->second;
  lease.until = now + held_;
  batch.set_events_before(lease.told);
  while (batch.updates_size() < kMaxBatch) {
    const EventFeed::Update update = lease.watcher->Next(net::Clock::time_point());
    if (std::holds_alternative<EventFeed::TimedOut>(update)) break;
    if (std::holds_alternative<EventFeed::Ended>(update)) {
      if (batch.updates_size() == 0) return absl::UnavailableError("the task is stopping");
      break;
    }
    admin::v1::WatchEventsResponse* const out = batch.add_updates();
    if (const auto* dropped = std::get_if<EventFeed::Dropped>(&update)) {
      out->set_dropped(static_cast<std::int64_t>(dropped->events));
      lease.told += out->dropped();
    } else {
      *out->mutable_event() = ToProto(std::get<ChatEvent>(update));
      ++lease.told;
    }
  }
  return batch;
}

void WatchLeases::Sweep(net::Clock::time_point now) {
  std::erase_if(leases_, [now](const auto& lease) { return lease.second.until < now; });
}

}  // namespace viaduct::origin
