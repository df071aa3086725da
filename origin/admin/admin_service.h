#pragma once

#include "api/admin/v1/chat_admin.grpc.pb.h"
#include "ops/admin/admin_audit.h"
#include "origin/admin/admin_cluster.h"
#include "origin/admin/admin_task.h"
#include "origin/chat/drain_control.h"
#include "origin/worker/event_feed.h"

namespace viaduct::origin {

// The gRPC service of a running chat (api/admin/v1/chat_admin.proto): passes calls to AdminTask, DrainControl and the
// feed,
// and writes an audit line for calls that change something. Holds no connection, so gRPC never reaches the workers.
//
// Thread-safe, as gRPC calls it from many threads. All pointers must outlive it.
class AdminService final : public admin::v1::ChatAdmin::Service {
 public:
  // `cluster` may be null: scope CLUSTER is refused then.
  AdminService(const AdminTask* task, AdminCluster* cluster, DrainControl* drain, EventFeed* feed,
               const ops::AdminAudit* audit)
      : task_(task), cluster_(cluster), drain_(drain), feed_(feed), audit_(audit) {}

  grpc::Status ListConnections(grpc::ServerContext* context, const admin::v1::ListConnectionsRequest* request,
                               admin::v1::ListConnectionsResponse* response) override;
  grpc::Status GetConnection(grpc::ServerContext* context, const admin::v1::GetConnectionRequest* request,
                             admin::v1::Connection* response) override;
  grpc::Status SendMessage(grpc::ServerContext* context, const admin::v1::SendMessageRequest* request,
                           admin::v1::SendMessageResponse* response) override;
  grpc::Status CloseConnection(grpc::ServerContext* context, const admin::v1::CloseConnectionRequest* request,
                               admin::v1::CloseConnectionResponse* response) override;
  grpc::Status CloseConnections(grpc::ServerContext* context, const admin::v1::CloseConnectionsRequest* request,
                                admin::v1::CloseConnectionsResponse* response) override;
  grpc::Status Broadcast(grpc::ServerContext* context, const admin::v1::BroadcastRequest* request,
                         admin::v1::BroadcastResponse* response) override;
  // Occupies its thread until the caller leaves or the feed ends.
  grpc::Status WatchEvents(grpc::ServerContext* context, const admin::v1::WatchEventsRequest* request,
                           grpc::ServerWriter<admin::v1::WatchEventsResponse>* writer) override;
  grpc::Status GetStats(grpc::ServerContext* context, const admin::v1::GetStatsRequest* request,
                        admin::v1::GetStatsResponse* response) override;
  grpc::Status ListRecentEnds(grpc::ServerContext* context, const admin::v1::ListRecentChatEndsRequest* request,
                              admin::v1::ListRecentChatEndsResponse* response) override;
  grpc::Status GetSettings(grpc::ServerContext* context, const admin::v1::GetSettingsRequest* request,
                           admin::v1::Settings* response) override;
  grpc::Status UpdateSettings(grpc::ServerContext* context, const admin::v1::UpdateSettingsRequest* request,
                              admin::v1::Settings* response) override;
  grpc::Status Drain(grpc::ServerContext* context, const admin::v1::DrainChatRequest* request,
                     admin::v1::Drain* response) override;
  grpc::Status CancelDrain(grpc::ServerContext* context, const admin::v1::CancelDrainRequest* request,
                           admin::v1::Drain* response) override;
  grpc::Status GetDrain(grpc::ServerContext* context, const admin::v1::GetDrainRequest* request,
                        admin::v1::Drain* response) override;

 private:
  grpc::Status BeginDrain(const admin::v1::DrainChatRequest& request);

  // OK if requests of this scope can be answered.
  grpc::Status CheckScope(admin::v1::Scope scope) const;
  // Asks this task or all tasks, as the request's scope says.
  template <typename Request, typename Response>
  grpc::Status Ask(const Request& request, grpc::ServerContext* context,
                   grpc::Status (AdminTask::*here)(const Request&, net::Clock::time_point, Response*) const,
                   grpc::Status (AdminCluster::*everywhere)(const Request&, net::Clock::time_point, Response*),
                   Response* response);

  const AdminTask* const task_;
  AdminCluster* const cluster_;
  DrainControl* const drain_;
  EventFeed* const feed_;
  const ops::AdminAudit* const audit_;
};

}  // namespace viaduct::origin
