#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/sync_stream.h>

#include <optional>
#include <string>
#include <utility>

#include "api/admin/v1/chat_admin.pb.h"
#include "net/event_loop.h"
#include "origin/broker/cluster.h"
#include "origin/worker/event_feed.h"

namespace viaduct::origin {

// Between tasks: the method that takes a TaskWatchPoll, and the topic that announces the name of a watch that has
// ended.
inline constexpr char kWatchMethod[] = "admin.watch";
inline constexpr char kWatchEndedTopic[] = "admin.watch_ended";

// One call of WatchEvents, on its thread until the caller leaves or the feed ends.
// Events of other tasks are polled, not pushed: a caller that reads slowly polls less often, and what it does not fetch
// is
// kept and bounded where it happened. All pointers must outlive it.
class AdminWatch {
 public:
  using Writer = grpc::ServerWriter<admin::v1::WatchEventsResponse>;

  AdminWatch(std::string task, EventFeed::Watcher* watcher, grpc::ServerContext* context, Writer* writer)
      : task_(std::move(task)), watcher_(watcher), context_(context), writer_(writer) {}

  // Writes this task's events.
  grpc::Status RunTask();
  // Writes the events of all tasks.
  grpc::Status RunCluster(Cluster* cluster, const admin::v1::WatchEventsRequest& request);

 private:
  grpc::Status RunPolls(Cluster* cluster, const std::string& poll);
  // Polls the other tasks, and writes this task's events until they have answered. nullopt if the watch has ended.
  std::optional<Cluster::Answers> Poll(Cluster* cluster, const std::string& poll);
  // Writes this task's events until then. Returns false if the watch has ended.
  bool WriteUntil(net::Clock::time_point until);
  bool WriteNext(net::Clock::time_point deadline);
  bool WriteStarted();

  const std::string task_;
  EventFeed::Watcher* const watcher_;
  grpc::ServerContext* const context_;
  Writer* const writer_;
  grpc::Status end_;  // how the watch has ended, once it has
};

}  // namespace viaduct::origin
