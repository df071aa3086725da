#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "api/admin/v1/task_watch.pb.h"
#include "net/event_loop.h"
#include "origin/worker/event_feed.h"

namespace viaduct::origin {

// This task's part in watches that other tasks serve: keeps events for each watch until it polls them, and drops a
// watch
// that has not polled for `held`. The feed bounds the number of watches and their events.
//
// Not thread-safe. The feed must outlive it.
class WatchLeases {
 public:
  static constexpr auto kHeld = std::chrono::seconds(15);
  // Updates in one batch.
  static constexpr int kMaxBatch = 1024;

  explicit WatchLeases(EventFeed* feed, net::Clock::duration held = kHeld) : feed_(feed), held_(held) {}

  // Returns the events for one watch, without waiting. INVALID_ARGUMENT for a bad request, RESOURCE_EXHAUSTED if there
  // are too many watchers, UNAVAILABLE once the feed has ended.
  absl::StatusOr<admin::v1::TaskWatchBatch> Take(const admin::v1::TaskWatchPoll& poll, net::Clock::time_point now);
  // Drops a watch that has ended.
  void Forget(const std::string& watch) { leases_.erase(watch); }
  // Drops the watches that have not polled in time.
  void Sweep(net::Clock::time_point now);
  bool empty() const { return leases_.empty(); }

 private:
  struct Lease {
    std::shared_ptr<EventFeed::Watcher> watcher;
    net::Clock::time_point until;
    std::int64_t told = 0;  // events, including dropped ones
  };

  EventFeed* const feed_;
  const net::Clock::duration held_;
  std::map<std::string, Lease> leases_;
};

}  // namespace viaduct::origin
