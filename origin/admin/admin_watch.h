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

// Between the tasks: the method of TaskWatchPoll, and the topic by which those asked hear a watch's name when it ends.
inline constexpr char kWatchMethod[] = "admin.watch";
inline constexpr char kWatchEndedTopic[] = "admin.watch_ended";

// One call of WatchEvents, on its thread until the caller goes or the feed ends.
//
// Events of other tasks are fetched, not sent: so a caller that reads slowly asks less often, and what it does not
// fetch is held and bounded where it happened. All that it is given must outlive it.
class AdminWatch {
 public:
  using Writer = grpc::ServerWriter<admin::v1::WatchEventsResponse>;

  AdminWatch(std::string task, EventFeed::Watcher* watcher, grpc::ServerContext* context, Writer* writer)
      : task_(std::move(task)), watcher_(watcher), context_(context), writer_(writer) {}

  // This task's events.
  grpc::Status RunTask();
  // And those of the others.
  grpc::Status RunCluster(Cluster* cluster, const admin::v1::WatchEventsRequest& request);

 private:
  grpc::Status RunPolls(Cluster* cluster, const std::string& poll);
  // Asks the others, and writes this task's events until they have answered. nullopt: the watch has ended.
  std::optional<Cluster::Answers> Poll(Cluster* cluster, const std::string& poll);
  // Writes this task's events until then. False: the watch has ended.
  bool WriteUntil(net::Clock::time_point until);
  bool WriteNext(net::Clock::time_point deadline);
  bool WriteStarted();

  const std::string task_;
  EventFeed::Watcher* const watcher_;
  grpc::ServerContext* const context_;
  Writer* const writer_;
  grpc::Status end_;  // how the watch has ended, if it has
};

}  // namespace viaduct::origin
