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

// The admin API over all tasks of a chat: asks the others what this one is asked, and answers what they ask. An answer
// names the tasks that did not.
//
// What others ask runs on a thread of its own, since it waits for workers; so many questions may wait for it, and no
// more. Thread-safe. Its calls wait for the other tasks until shortly before the deadline, which is the caller's. All
// that it is given must outlive it.
class AdminCluster {
 public:
  // `watches_held` is how long watches of other tasks are held that do not ask.
  AdminCluster(Cluster* cluster, const AdminTask* task, EventFeed* feed,
               net::Clock::duration watches_held = WatchLeases::kHeld);
  ~AdminCluster();
  AdminCluster(const AdminCluster&) = delete;
  AdminCluster& operator=(const AdminCluster&) = delete;

  // For AdminWatch, which asks by itself.
  Cluster* cluster() const { return cluster_; }

  // The connections of all tasks in the order of their age. A page's token tells of each task how far it is.
  grpc::Status List(const admin::v1::ListConnectionsRequest& request, net::Clock::time_point deadline,
                    admin::v1::ListConnectionsResponse* response);
  // Of the task that has the connection. UNAVAILABLE, naming them, if it may be one that did not answer.
  grpc::Status Get(const admin::v1::GetConnectionRequest& request, net::Clock::time_point deadline,
                   admin::v1::Connection* response);
  grpc::Status Send(const admin::v1::SendMessageRequest& request, net::Clock::time_point deadline,
                    admin::v1::SendMessageResponse* response);
  grpc::Status Close(const admin::v1::CloseConnectionRequest& request, net::Clock::time_point deadline,
                     admin::v1::CloseConnectionResponse* response);
  // Each task keeps the spread by itself.
  grpc::Status CloseMany(const admin::v1::CloseConnectionsRequest& request, net::Clock::time_point deadline,
                         admin::v1::CloseConnectionsResponse* response);
  grpc::Status Broadcast(const admin::v1::BroadcastRequest& request, net::Clock::time_point deadline,
                         admin::v1::BroadcastResponse* response);
  grpc::Status Stats(const admin::v1::GetStatsRequest& request, net::Clock::time_point deadline,
                     admin::v1::GetStatsResponse* response);

 private:
  // Of one question to the others.
  template <typename Response>
  struct Answers {
    std::vector<std::pair<std::string, Response>> responses;  // by task
    std::vector<admin::v1::UnansweredTask> unanswered;
  };

  template <typename Response, typename Request>
  Answers<Response> AskOthers(const std::string& method, const Request& request, net::Clock::time_point deadline);
  // Asks this task, and the others if it has not got what the request names.
  template <typename Request, typename Response>
  grpc::Status FindOne(const std::string& method, const Request& request, net::Clock::time_point deadline,
                       grpc::Status (AdminTask::*call)(const Request&, net::Clock::time_point, Response*) const,
                       Response* response);
  template <typename Request, typename Response>
  void Serve(const std::string& method,
             grpc::Status (AdminTask::*call)(const Request&, net::Clock::time_point, Response*) const);
  // `answer` makes of a Request the StatusOr of a response, on the thread.
  template <typename Request, typename Answer>
  void Serve(const std::string& method, Answer answer);
  void ServeWatches();
  // False if `limit` or more wait.
  bool Enqueue(std::size_t limit, std::function<void()> question);
  void Run();

  Cluster* const cluster_;
  const AdminTask* const task_;
  WatchLeases watches_;  // of the thread
  std::vector<std::string> served_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> questions_;  // under `mutex_`
  bool stopping_ = false;                        // under `mutex_`
  std::thread thread_;
};

}  // namespace viaduct::origin
