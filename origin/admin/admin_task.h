#pragma once

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <string>

#include "api/admin/v1/chat_admin.pb.h"
#include "net/event_loop.h"
#include "origin/chat/chat_control.h"

namespace viaduct::origin {

// The admin API's operations on this task, for a caller of this task or for another task. Checks requests, asks
// ChatControl, and makes the answers; ignores the `scope` of a request.
//
// Thread-safe. Each call waits for the workers until its deadline. `control` must outlive it.
class AdminTask {
 public:
  // Messages of operators may be as long as `max_message_bytes`, the config's limit for viewers. `task` is the name of
  // this task.
  AdminTask(ChatControl* control, std::size_t max_message_bytes, std::string task)
      : control_(control), max_message_bytes_(max_message_bytes), task_(std::move(task)) {}

  const std::string& name() const { return task_; }

  grpc::Status List(const admin::v1::ListConnectionsRequest& request, net::Clock::time_point deadline,
                    admin::v1::ListConnectionsResponse* response) const;
  // This task's part of a list over all tasks, for AdminCluster. Takes its own position from `page_token`, a list
  // token.
  // `next_page_token` holds the position behind each connection, separated by commas.
  grpc::Status ListFrom(const admin::v1::ListConnectionsRequest& request, net::Clock::time_point deadline,
                        admin::v1::ListConnectionsResponse* response) const;
  grpc::Status Get(const admin::v1::GetConnectionRequest& request, net::Clock::time_point deadline,
                   admin::v1::Connection* response) const;
  grpc::Status Send(const admin::v1::SendMessageRequest& request, net::Clock::time_point deadline,
                    admin::v1::SendMessageResponse* response) const;
  grpc::Status Close(const admin::v1::CloseConnectionRequest& request, net::Clock::time_point deadline,
                     admin::v1::CloseConnectionResponse* response) const;
  grpc::Status CloseMany(const admin::v1::CloseConnectionsRequest& request, net::Clock::time_point deadline,
                         admin::v1::CloseConnectionsResponse* response) const;
  grpc::Status Broadcast(const admin::v1::BroadcastRequest& request, net::Clock::time_point deadline,
                         admin::v1::BroadcastResponse* response) const;
  grpc::Status Stats(const admin::v1::GetStatsRequest& request, net::Clock::time_point deadline,
                     admin::v1::GetStatsResponse* response) const;
  grpc::Status RecentEnds(const admin::v1::ListRecentChatEndsRequest& request, net::Clock::time_point deadline,
                          admin::v1::ListRecentChatEndsResponse* response) const;
  grpc::Status Settings(admin::v1::Settings* response) const;
  grpc::Status UpdateSettings(const admin::v1::UpdateSettingsRequest& request, admin::v1::Settings* response) const;

 private:
  ChatControl* const control_;
  const std::size_t max_message_bytes_;
  const std::string task_;
};

}  // namespace viaduct::origin
