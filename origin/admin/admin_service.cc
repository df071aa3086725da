#include "origin/admin/admin_service.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "ops/admin/admin_call.h"
#include "ops/admin/admin_drain.h"
#include "ops/admin/admin_error.h"
#include "origin/admin/admin_requests.h"
#include "origin/admin/admin_watch.h"

namespace viaduct::origin {
namespace {

constexpr auto kWatcherRetryDelay = std::chrono::seconds(10);

grpc::Status NoBroker() {
  return ops::RefusedCall(grpc::StatusCode::FAILED_PRECONDITION, "NO_BROKER",
                          "this chat has no broker: it is its only task");
}

// Returns the target of a broadcast, for the audit log.
std::string TargetText(const admin::v1::BroadcastRequest& request) {
  return request.has_room() ? "room=\"" + request.room() + "\"" : "all";
}

}  // namespace

grpc::Status AdminService::CheckScope(admin::v1::Scope scope) const {
  if (scope == admin::v1::SCOPE_UNSPECIFIED || scope == admin::v1::TASK) return grpc::Status::OK;
  if (scope != admin::v1::CLUSTER) return ops::InvalidField("scope", "must be TASK or CLUSTER");
  return cluster_ == nullptr ? NoBroker() : grpc::Status::OK;
}

template <typename Request, typename Response>
grpc::Status AdminService::Ask(const Request& request, grpc::ServerContext* context,
                               grpc::Status (AdminTask::*here)(const Request&, net::Clock::time_point, Response*) const,
                               grpc::Status (AdminCluster::*everywhere)(const Request&, net::Clock::time_point,
                                                                        Response*),
                               Response* response) {
  if (grpc::Status status = CheckScope(request.scope()); !status.ok()) return status;
  if (request.scope() != admin::v1::CLUSTER) return (task_->*here)(request, ops::DeadlineOf(*context), response);
  return (cluster_->*everywhere)(request, ops::DeadlineOf(*context), response);
}

grpc::Status AdminService::ListConnections(grpc::ServerContext* context,
                                           const admin::v1::ListConnectionsRequest* request,
                                           admin::v1::ListConnectionsResponse* response) {
  return Ask(*request, context, &AdminTask::List, &AdminCluster::List, response);
}

grpc::Status AdminService::GetConnection(grpc::ServerContext* context, const admin::v1::GetConnectionRequest* request,
                                         admin::v1::Connection* response) {
  return Ask(*request, context, &AdminTask::Get, &AdminCluster::Get, response);
}

grpc::Status AdminService::SendMessage(grpc::ServerContext* context, const admin::v1::SendMessageRequest* request,
                                       admin::v1::SendMessageResponse* response) {
  grpc::Status status = Ask(*request, context, &AdminTask::Send, &AdminCluster::Send, response);
  return audit_->Note(*context, {.method = "SendMessage", .resource = request->name()}, std::move(status));
}

grpc::Status AdminService::CloseConnection(grpc::ServerContext* context,
                                           const admin::v1::CloseConnectionRequest* request,
                                           admin::v1::CloseConnectionResponse* response) {
  grpc::Status status = Ask(*request, context, &AdminTask::Close, &AdminCluster::Close, response);
  return audit_->Note(*context, {.method = "CloseConnection", .resource = request->name()}, std::move(status));
}

grpc::Status AdminService::CloseConnections(grpc::ServerContext* context,
                                            const admin::v1::CloseConnectionsRequest* request,
                                            admin::v1::CloseConnectionsResponse* response) {
  grpc::Status status = Ask(*request, context, &AdminTask::CloseMany, &AdminCluster::CloseMany, response);
  if (request->validate_only()) return status;
  const std::string filter = FilterText(request->filter());
  return audit_->Note(*context, {.method = "CloseConnections", .resource = filter, .count = response->count()},
                      std::move(status));
}

grpc::Status AdminService::Broadcast(grpc::ServerContext* context, const admin::v1::BroadcastRequest* request,
                                     admin::v1::BroadcastResponse* response) {
  grpc::Status status = Ask(*request, context, &AdminTask::Broadcast, &AdminCluster::Broadcast, response);
  const std::string target = TargetText(*request);
  return audit_->Note(*context, {.method = "Broadcast", .resource = target, .count = response->recipient_count()},
                      std::move(status));
}

grpc::Status AdminService::WatchEvents(grpc::ServerContext* context, const admin::v1::WatchEventsRequest* request,
                                       grpc::ServerWriter<admin::v1::WatchEventsResponse>* writer) {
  if (grpc::Status status = CheckScope(request->scope()); !status.ok()) return status;
  ChatEventKinds kinds;
  std::vector<std::string> rooms;
  if (grpc::Status status = ReadWatch(*request, &kinds, &rooms); !status.ok()) return status;
  const std::shared_ptr<EventFeed::Watcher> watcher = feed_->Watch(kinds, std::move(rooms));
  if (watcher == nullptr) {
    return ops::RefusedCall(grpc::StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_WATCHERS",
                            "too many watchers, or the chat is stopping", kWatcherRetryDelay);
  }
  AdminWatch watch(task_->name(), watcher.get(), context, writer);
  return request->scope() == admin::v1::CLUSTER ? watch.RunCluster(cluster_->cluster(), *request) : watch.RunTask();
}

grpc::Status AdminService::GetStats(grpc::ServerContext* context, const admin::v1::GetStatsRequest* request,
                                    admin::v1::GetStatsResponse* response) {
  return Ask(*request, context, &AdminTask::Stats, &AdminCluster::Stats, response);
}

grpc::Status AdminService::ListRecentEnds(grpc::ServerContext* context,
                                          const admin::v1::ListRecentChatEndsRequest* request,
                                          admin::v1::ListRecentChatEndsResponse* response) {
  return Ask(*request, context, &AdminTask::RecentEnds, &AdminCluster::RecentEnds, response);
}

grpc::Status AdminService::GetSettings(grpc::ServerContext*, const admin::v1::GetSettingsRequest*,
                                       admin::v1::Settings* response) {
  return task_->Settings(response);
}

grpc::Status AdminService::UpdateSettings(grpc::ServerContext* context, const admin::v1::UpdateSettingsRequest* request,
                                          admin::v1::Settings* response) {
  grpc::Status status = task_->UpdateSettings(*request, response);
  const std::string mask = absl::StrJoin(request->update_mask().paths(), ",");
  return audit_->Note(*context, {.method = "UpdateSettings", .resource = mask}, std::move(status));
}

grpc::Status AdminService::Drain(grpc::ServerContext* context, const admin::v1::DrainChatRequest* request,
                                 admin::v1::Drain* response) {
  grpc::Status status = BeginDrain(*request);
  if (status.ok()) *response = ops::ToProto(drain_->Get());
  return audit_->Note(*context, {.method = "Drain", .resource = "", .count = response->open_at_start()},
                      std::move(status));
}

grpc::Status AdminService::BeginDrain(const admin::v1::DrainChatRequest& request) {
  std::chrono::nanoseconds spread{0};
  if (grpc::Status status = ops::ReadSpread(request.has_spread(), request.spread(), &spread); !status.ok())
    return status;
  drain_->Drain(spread);
  return grpc::Status::OK;
}

grpc::Status AdminService::CancelDrain(grpc::ServerContext* context, const admin::v1::CancelDrainRequest*,
                                       admin::v1::Drain* response) {
  const absl::StatusOr<bool> cancelled = drain_->Cancel();
  if (cancelled.ok()) *response = ops::ToProto(drain_->Get());
  return audit_->Note(*context, {.method = "CancelDrain", .resource = ""}, ops::ToGrpc(cancelled.status()));
}

grpc::Status AdminService::GetDrain(grpc::ServerContext*, const admin::v1::GetDrainRequest*,
                                    admin::v1::Drain* response) {
  *response = ops::ToProto(drain_->Get());
  return grpc::Status::OK;
}

}  // namespace viaduct::origin
