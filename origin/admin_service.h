#pragma once

#include <chrono>
#include <cstddef>

#include "api/admin/v1/chat_admin.grpc.pb.h"
#include "ops/admin_audit.h"
#include "origin/chat_control.h"
#include "origin/event_feed.h"

namespace viaduct {

// The gRPC face of a running chat (api/admin/v1/chat_admin.proto): checks requests, asks ChatControl, answers. Holds no
// connection, so nothing of gRPC reaches the workers.
//
// Thread-safe, as gRPC calls it from many threads. All that it is given must outlive it.
class AdminService final : public admin::v1::ChatAdmin::Service {
 public:
  // Messages of operators may have `max_message_bytes`, as those of viewers.
  AdminService(ChatControl* control, EventFeed* feed, std::size_t max_message_bytes, const AdminAudit* audit)
      : control_(control), feed_(feed), max_message_bytes_(max_message_bytes), audit_(audit) {}

  grpc::Status ListConnections(grpc::ServerContext* context, const admin::v1::ListConnectionsRequest* request,
                               admin::v1::ListConnectionsResponse* response) override;
  grpc::Status GetConnection(grpc::ServerContext* context, const admin::v1::GetConnectionRequest* request,
                             admin::v1::Connection* response) override;
  grpc::Status SendMessage(grpc::ServerContext* context, const admin::v1::SendMessageRequest* request,
                           admin::v1::SendMessageResponse* response) override;
  grpc::Status CloseConnection(grpc::ServerContext* context, const admin::v1::CloseConnectionRequest* request,
                               admin::v1::CloseConnectionResponse* response) override;
  grpc::Status Broadcast(grpc::ServerContext* context, const admin::v1::BroadcastRequest* request,
                         admin::v1::BroadcastResponse* response) override;
  // Occupies its thread until the caller goes or the feed ends.
  grpc::Status WatchEvents(grpc::ServerContext* context, const admin::v1::WatchEventsRequest* request,
                           grpc::ServerWriter<admin::v1::WatchEventsResponse>* writer) override;
  grpc::Status GetStats(grpc::ServerContext* context, const admin::v1::GetStatsRequest* request,
                        admin::v1::GetStatsResponse* response) override;

 private:
  grpc::Status Send(grpc::ServerContext* context, const admin::v1::SendMessageRequest& request);
  grpc::Status Close(grpc::ServerContext* context, const admin::v1::CloseConnectionRequest& request);
  grpc::Status SendToAll(const admin::v1::BroadcastRequest& request, admin::v1::BroadcastResponse* response);

  ChatControl* const control_;
  EventFeed* const feed_;
  const std::size_t max_message_bytes_;
  const AdminAudit* const audit_;
};

}  // namespace viaduct
