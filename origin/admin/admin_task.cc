#include "origin/admin/admin_task.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/admin/admin_call.h"
#include "ops/admin/admin_error.h"
#include "ops/admin/recent_ends.h"
#include "ops/program/version.h"
#include "origin/admin/admin_list_token.h"
#include "origin/admin/admin_requests.h"
#include "origin/message/person.h"
#include "text/number.h"

namespace viaduct::origin {
namespace {

constexpr std::int32_t kMaxRooms = 1000;

// Returns the number with which the previous page ended.
std::optional<std::uint64_t> ParsePageToken(const std::string& token) {
  const std::optional<std::string> position = ops::ReadPageToken(token);
  if (!position.has_value()) return std::nullopt;
  if (position->empty()) return token.empty() ? std::optional<std::uint64_t>(0) : std::nullopt;
  std::uint64_t number = 0;
  return text::ReadNumber(*position, &number) ? std::optional(number) : std::nullopt;
}

// Adds connections from the front of `page`, as many as one answer can carry; returns how many.
std::size_t AddConnections(const ChatControl::Page& page, const std::string& task,
                           admin::v1::ListConnectionsResponse* response) {
  std::size_t bytes = 0;
  std::size_t added = 0;
  for (const ConnectionView& view : page.connections) {
    admin::v1::Connection connection = ToProto(view);
    connection.set_task(task);
    bytes += connection.ByteSizeLong();
    if (bytes > ops::kMaxPageBytes) break;
    *response->add_connections() = std::move(connection);
    ++added;
  }
  return added;
}

admin::v1::Settings ToProto(const ChatSettings& settings) {
  admin::v1::Settings proto;
  proto.set_max_message_bytes(static_cast<std::int64_t>(settings.max_message_bytes));
  proto.set_max_connections(settings.max_connections);
  proto.set_max_room_clients(settings.max_room_clients);
  proto.set_log_messages(settings.log_messages);
  proto.set_max_message_rate(settings.max_message_rate);
  proto.set_max_byte_rate(settings.max_byte_rate);
  return proto;
}

// Copies the field that `path` names.
absl::Status TakeOver(const std::string& path, const admin::v1::Settings& proto, ChatSettings* settings) {
  const bool all = path == "*";
  if (all || path == "max_message_bytes") {
    settings->max_message_bytes = static_cast<std::size_t>(std::max<std::int64_t>(proto.max_message_bytes(), 0));
  }
  if (all || path == "max_connections") settings->max_connections = proto.max_connections();
  if (all || path == "max_room_clients") settings->max_room_clients = proto.max_room_clients();
  if (all || path == "log_messages") settings->log_messages = proto.log_messages();
  if (all || path == "max_message_rate") settings->max_message_rate = proto.max_message_rate();
  if (all || path == "max_byte_rate") settings->max_byte_rate = proto.max_byte_rate();
  if (all || admin::v1::Settings::descriptor()->FindFieldByName(path) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("update_mask: unknown setting \"", ops::ToUtf8(path.substr(0, 64)), "\""));
}

}  // namespace

grpc::Status AdminTask::List(const admin::v1::ListConnectionsRequest& request, net::Clock::time_point deadline,
                             admin::v1::ListConnectionsResponse* response) const {
  if (request.page_size() < 0) return ops::InvalidField("page_size", "must not be negative");
  const std::optional<std::uint64_t> after = ParsePageToken(request.page_token());
  if (!after.has_value()) return ops::InvalidField("page_token", "is not a next_page_token of ListConnections");
  ConnectionFilter filter;
  if (grpc::Status status = ReadFilter(request.filter(), &filter); !status.ok()) return status;
  const absl::StatusOr<ChatControl::Page> page =
      control_->List(filter, *after, ops::PageSize(request.page_size()), deadline);
  if (!page.ok()) return ops::ToGrpc(page.status());
  const std::size_t added = AddConnections(*page, task_, response);
  const std::uint64_t last = added == 0 ? *after : page->connections[added - 1].number;
  if (page->more || added < page->connections.size()) {
    response->set_next_page_token(ops::MakePageToken(std::to_string(last)));
  }
  response->set_total_size(page->total);
  return grpc::Status::OK;
}

grpc::Status AdminTask::ListFrom(const admin::v1::ListConnectionsRequest& request, net::Clock::time_point deadline,
                                 admin::v1::ListConnectionsResponse* response) const {
  if (request.page_size() < 0) return ops::InvalidField("page_size", "must not be negative");
  const std::optional<ListPositions> positions = ReadListToken(request.page_token());
  if (!positions.has_value()) return ops::InvalidField("page_token", "is not a next_page_token of this list");
  ConnectionFilter filter;
  if (grpc::Status status = ReadFilter(request.filter(), &filter); !status.ok()) return status;
  const auto own = positions->find(task_);
  const bool done = own != positions->end() && own->second == kListDone;
  std::uint64_t after = 0;
  if (own == positions->end() || !text::ReadNumber(own->second, &after)) after = 0;
  const std::size_t limit = done ? 0 : ops::PageSize(request.page_size());
  const absl::StatusOr<ChatControl::Page> page = control_->List(filter, after, limit, deadline);
  if (!page.ok()) return ops::ToGrpc(page.status());
  response->set_total_size(page->total);
  const std::size_t added = AddConnections(*page, task_, response);
  std::string behind;
  for (std::size_t i = 0; i < added; ++i) {
    const bool last = !page->more && i + 1 == page->connections.size();
    absl::StrAppend(&behind, behind.empty() ? "" : ",", last ? kListDone : std::to_string(page->connections[i].number));
  }
  response->set_next_page_token(behind);
  return grpc::Status::OK;
}

grpc::Status AdminTask::Get(const admin::v1::GetConnectionRequest& request, net::Clock::time_point deadline,
                            admin::v1::Connection* response) const {
  Uuid id;
  if (grpc::Status status = ReadConnectionName(request.name(), &id); !status.ok()) return status;
  const absl::StatusOr<ConnectionView> view = control_->Get(id, deadline);
  if (!view.ok()) return ops::ToGrpc(view.status(), kConnectionType, request.name());
  *response = origin::ToProto(*view);
  response->set_task(task_);
  return grpc::Status::OK;
}

grpc::Status AdminTask::Send(const admin::v1::SendMessageRequest& request, net::Clock::time_point deadline,
                             admin::v1::SendMessageResponse*) const {
  Uuid id;
  if (grpc::Status status = ReadConnectionName(request.name(), &id); !status.ok()) return status;
  ChatControl::Payload kind;
  std::string_view payload;
  if (grpc::Status status = ReadPayload(request, max_message_bytes_, &kind, &payload); !status.ok()) return status;
  return ops::ToGrpc(control_->Send(id, kind, payload, deadline), kConnectionType, request.name());
}

grpc::Status AdminTask::Close(const admin::v1::CloseConnectionRequest& request, net::Clock::time_point deadline,
                              admin::v1::CloseConnectionResponse*) const {
  Uuid id;
  std::uint16_t code;
  if (grpc::Status status = ReadConnectionName(request.name(), &id); !status.ok()) return status;
  if (grpc::Status status = ReadClose(request.code(), request.reason(), &code); !status.ok()) return status;
  return ops::ToGrpc(control_->Close(id, code, request.reason(), deadline), kConnectionType, request.name());
}

grpc::Status AdminTask::CloseMany(const admin::v1::CloseConnectionsRequest& request, net::Clock::time_point deadline,
                                  admin::v1::CloseConnectionsResponse* response) const {
  if (IsEmpty(request.filter()) != request.all()) {
    return request.all() ? ops::InvalidField("all", "cannot be combined with a filter")
                         : ops::InvalidField("filter", "must have a condition, unless all is set");
  }
  ConnectionFilter filter;
  std::uint16_t code;
  std::chrono::nanoseconds spread{0};
  if (grpc::Status status = ReadFilter(request.filter(), &filter); !status.ok()) return status;
  if (grpc::Status status = ReadClose(request.code(), request.reason(), &code); !status.ok()) return status;
  if (grpc::Status status = ops::ReadSpread(request.has_spread(), request.spread(), &spread); !status.ok())
    return status;
  const absl::StatusOr<int> count = request.validate_only()
                                        ? control_->Count(filter, deadline)
                                        : control_->CloseAll(filter, code, request.reason(), spread, deadline);
  if (!count.ok()) return ops::ToGrpc(count.status());
  response->set_count(*count);
  return grpc::Status::OK;
}

grpc::Status AdminTask::Broadcast(const admin::v1::BroadcastRequest& request, net::Clock::time_point,
                                  admin::v1::BroadcastResponse* response) const {
  ChatControl::Payload kind;
  std::string_view payload;
  if (grpc::Status status = ReadPayload(request, max_message_bytes_, &kind, &payload); !status.ok()) return status;
  if (!request.has_room() && !request.all()) return ops::InvalidField("target", "either room or all is required");
  if (grpc::Status status = ReadRoom("room", request.room()); !status.ok()) return status;
  const std::optional<std::string_view> room =
      request.has_room() ? std::optional<std::string_view>(request.room()) : std::nullopt;
  if (!request.from().empty() && !IsPersonName(request.from())) {
    return ops::InvalidField("from", "must be at most 128 bytes of UTF-8 without controls or spaces at its ends");
  }
  const absl::StatusOr<int> recipients = control_->Broadcast(room, kind, payload, request.from());
  if (!recipients.ok()) return ops::ToGrpc(recipients.status());
  response->set_recipient_count(*recipients);
  return grpc::Status::OK;
}

grpc::Status AdminTask::Stats(const admin::v1::GetStatsRequest& request, net::Clock::time_point,
                              admin::v1::GetStatsResponse* response) const {
  if (request.room_limit() < 0 || request.room_limit() > kMaxRooms) {
    return ops::InvalidField("room_limit", "must be from 0 to 1000");
  }
  const ChatControl::Stats stats = control_->GetStats(static_cast<std::size_t>(request.room_limit()));
  *response->mutable_start_time() = ops::ToTimestamp(stats.start_time);
  *response->mutable_uptime() = ops::ToDuration(stats.uptime);
  response->set_connections_open(stats.connections_open);
  response->set_connections_total(static_cast<std::int64_t>(stats.connections_total));
  response->set_messages_received(static_cast<std::int64_t>(stats.messages_received));
  response->set_messages_delivered(static_cast<std::int64_t>(stats.deliveries));
  response->set_bytes_received(static_cast<std::int64_t>(stats.bytes_received));
  response->set_bytes_delivered(static_cast<std::int64_t>(stats.bytes_delivered));
  response->set_slow_consumers(static_cast<std::int64_t>(stats.slow_consumers));
  for (const auto& [code, count] : stats.closes) (*response->mutable_closes())[code] = static_cast<std::int64_t>(count);
  response->set_version(std::string(ops::kVersion));
  response->set_draining(stats.draining);
  response->set_closes_pending(stats.closes_pending);
  response->set_rooms_open(static_cast<std::int64_t>(stats.rooms.open));
  for (const Hub::RoomCount& room : stats.rooms.fullest) {
    admin::v1::GetStatsResponse::RoomStats* proto = response->add_rooms();
    proto->set_room(room.room);
    proto->set_client_count(room.clients);
  }
  response->add_tasks(task_);
  return grpc::Status::OK;
}

grpc::Status AdminTask::RecentEnds(const admin::v1::ListRecentChatEndsRequest& request, net::Clock::time_point deadline,
                                   admin::v1::ListRecentChatEndsResponse* response) const {
  ops::RecentEndsQuery query;
  if (grpc::Status status = query.Read(request.id(), request.page_size()); !status.ok()) return status;
  const absl::StatusOr<std::vector<std::string>> lines = control_->RecentEnds(query.text(), query.most(), deadline);
  if (!lines.ok()) return ops::ToGrpc(lines.status());
  *response->mutable_ends() = query.Select(*lines);
  for (admin::v1::RecentEnd& end : *response->mutable_ends()) end.set_task(task_);
  return grpc::Status::OK;
}

grpc::Status AdminTask::Settings(admin::v1::Settings* response) const {
  *response = ToProto(control_->GetSettings());
  return grpc::Status::OK;
}

grpc::Status AdminTask::UpdateSettings(const admin::v1::UpdateSettingsRequest& request,
                                       admin::v1::Settings* response) const {
  if (request.update_mask().paths().empty())
    return ops::InvalidField("update_mask", "must name at least one setting, or be *");
  const absl::StatusOr<ChatSettings> settings = control_->UpdateSettings([&request](ChatSettings* changed) {
    for (const std::string& path : request.update_mask().paths()) {
      if (absl::Status status = TakeOver(path, request.settings(), changed); !status.ok()) return status;
    }
    return absl::OkStatus();
  });
  if (!settings.ok()) return ops::ToGrpc(settings.status());
  *response = ToProto(*settings);
  return grpc::Status::OK;
}

}  // namespace viaduct::origin
