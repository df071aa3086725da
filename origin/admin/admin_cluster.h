#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "api/admin/v1/chat_admin.pb.h"
#include "net/event_loop.h"
#include "origin/admin/admin_task.h"
#include "origin/admin/watch_leases.h"
#include "origin/broker/cluster.h"
#include "origin/worker/event_feed.h"

namespace viaduct::origin {

// The admin API over all tasks of a chat: forwards the requests of this task to the others, and answers theirs. An
// answer names the tasks that did not answer. Questions of others run on a thread of its own, since they wait for
// workers; the number that may wait is bounded. Thread-safe. Calls wait for the other tasks until shortly before
// `deadline`, which is the caller's. All pointers must outlive it.
class AdminCluster {
 public:
  // `watches_held` is how long a watch of another task is kept without being polled.
  AdminCluster(Cluster* cluster, const AdminTask* task, EventFeed* feed,
               net::Clock::duration watches_held = WatchLeases::kHeld);
  ~AdminCluster();
  AdminCluster(const AdminCluster&) = delete;
  AdminCluster& operator=(const AdminCluster&) = delete;

  // For AdminWatch, which asks the cluster itself.
  Cluster* cluster() const { return cluster_; }

  // The connections of all tasks in order of age. A page token holds a position for each task.
  grpc::Status List(const admin::v1::ListConnectionsRequest& request, net::Clock::time_point deadline,
                    admin::v1::ListConnectionsResponse* response);
  // Asks the task that has the connection. UNAVAILABLE if a task that did not answer may have it; the error names those
  // tasks.
  grpc::Status Get(const admin::v1::GetConnectionRequest& request, net::Clock::time_point deadline,
                   admin::v1::Connection* response);
  grpc::Status Send(const admin::v1::SendMessageRequest& request, net::Clock::time_point deadline,
                    admin::v1::SendMessageResponse* response);
  grpc::Status Close(const admin::v1::CloseConnectionRequest& request, net::Clock::time_point deadline,
                     admin::v1::CloseConnectionResponse* response);
  // Each task spreads its own closes.
  grpc::Status CloseMany(const admin::v1::CloseConnectionsRequest& request, net::Clock::time_point deadline,
                         admin::v1::CloseConnectionsResponse* response);
  grpc::Status Broadcast(const admin::v1::BroadcastRequest& request, net::Clock::time_point deadline,
                         admin::v1::BroadcastResponse* response);
  grpc::Status Stats(const admin::v1::GetStatsRequest& request, net::Clock::time_point deadline,
                     admin::v1::GetStatsResponse* response);
  // The newest ends of all tasks.
  grpc::Status RecentEnds(const admin::v1::ListRecentChatEndsRequest& request, net::Clock::time_point deadline,
                          admin::v1::ListRecentChatEndsResponse* response);

 private:
  // The other tasks' answers to one question.
  template <typename Response>
  struct Answers {
    std::vector<std::pair<std::string, Response>> responses;  // by task
    std::vector<admin::v1::UnansweredTask> unanswered;
  };

  template <typename Response, typename Request>
  Answers<Response> AskOthers(const std::string& method, const Request& request, net::Clock::time_point deadline);
  // Asks this task, and the others if it does not have what the request names.
  template <typename Request, typename Response>
  grpc::Status FindOne(const std::string& method, const Request& request, net::Clock::time_point deadline,
                       grpc::Status (AdminTask::*call)(const Request&, net::Clock::time_point, Response*) const,
                       Response* response);
  template <typename Request, typename Response>
  void Serve(const std::string& method,
             grpc::Status (AdminTask::*call)(const Request&, net::Clock::time_point, Response*) const);
  // `answer` turns a Request into the StatusOr of a response, on the thread of questions.
  template <typename Request, typename Answer>
  void Serve(const std::string& method, Answer answer);
  void ServeWatches();
  // Returns false if `limit` or more questions wait.
  bool Enqueue(std::size_t limit, std::function<void()> question);
  void Run();

  Cluster* const cluster_;
  const AdminTask* const task_;
  WatchLeases watches_;  // belongs to the thread
  std::vector<std::string> served_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> questions_;  // under `mutex_`
  bool stopping_ = false;                        // under `mutex_`
  std::thread thread_;
};

}  // namespace viaduct::origin
