#include "origin/admin_service.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "ops/admin_call.h"
#include "ops/admin_error.h"
#include "ops/version.h"
#include "websocket/close_code.h"

namespace viaduct {
namespace {

namespace v1 = admin::v1;

constexpr std::string_view kNamePrefix = "connections/";
constexpr std::string_view kConnectionType = "viaduct.admin.v1.Connection";
// How often a watcher that hears nothing is asked whether it is still there.
constexpr auto kWatchTurn = std::chrono::milliseconds(250);
constexpr auto kWatcherRetryDelay = std::chrono::seconds(10);

std::string NameOf(const Uuid& id) {
  const auto text = id.Text();
  return std::string(kNamePrefix).append(text.data(), text.size());
}

grpc::Status ParseName(const std::string& name, Uuid* id) {
  const std::string_view view = name;
  if (view.substr(0, kNamePrefix.size()) == kNamePrefix) {
    if (const std::optional<Uuid> parsed = Uuid::Parse(view.substr(kNamePrefix.size()))) {
      *id = *parsed;
      return grpc::Status::OK;
    }
  }
  return InvalidField("name", "\"" + name + "\": must be \"connections/{id}\", the id a UUID");
}

v1::Connection ToProto(const ConnectionView& view) {
  v1::Connection connection;
  connection.set_name(NameOf(view.id));
  *connection.mutable_connect_time() = ToTimestamp(view.connect_time);
  if (view.last_message_time.has_value())
    *connection.mutable_last_message_time() = ToTimestamp(*view.last_message_time);
  connection.set_peer_address(ToUtf8(view.peer_address));
  connection.set_room(view.room);
  connection.set_viewer_address(ToUtf8(view.viewer_address));
  connection.set_forwarded_for(ToUtf8(view.forwarded_for));
  connection.set_cloudfront_id(ToUtf8(view.cloudfront_id));
  connection.set_user_agent(ToUtf8(view.user_agent));
  connection.set_messages_received(static_cast<std::int64_t>(view.messages_received));
  connection.set_bytes_received(static_cast<std::int64_t>(view.bytes_received));
  connection.set_messages_sent(static_cast<std::int64_t>(view.messages_sent));
  connection.set_bytes_sent(static_cast<std::int64_t>(view.bytes_sent));
  connection.set_queued_bytes(static_cast<std::int64_t>(view.queued_bytes));
  return connection;
}

v1::Event ToProto(const ChatEvent& event) {
  v1::Event proto;
  switch (event.kind) {
    case ChatEvent::Kind::kConnected:
      proto.set_kind(v1::Event::CONNECTED);
      break;
    case ChatEvent::Kind::kDisconnected:
      proto.set_kind(v1::Event::DISCONNECTED);
      break;
    case ChatEvent::Kind::kMessage:
      proto.set_kind(v1::Event::MESSAGE);
      break;
  }
  *proto.mutable_time() = ToTimestamp(event.time);
  proto.set_connection(NameOf(event.id));
  proto.set_client_count(event.client_count);
  proto.set_close_code(event.close_code);
  proto.set_close_reason(ToUtf8(event.close_reason));
  proto.set_bytes(static_cast<std::int64_t>(event.bytes));
  proto.set_binary(event.binary);
  proto.set_broadcast_count(event.broadcast_count);
  proto.set_viewer_address(ToUtf8(event.viewer_address));
  proto.set_room(event.room);
  return proto;
}

// Finds the number that the page before ended with.
std::optional<std::uint64_t> ParsePageToken(const std::string& token) {
  const std::optional<std::string> position = ReadPageToken(token);
  std::uint64_t after = 0;
  if (!position.has_value()) return std::nullopt;
  if (position->empty()) return token.empty() ? std::optional(after) : std::nullopt;
  const char* end = position->data() + position->size();
  const auto [stop, error] = std::from_chars(position->data(), end, after);
  if (error != std::errc() || stop != end) return std::nullopt;
  return after;
}

// The payload of a request that has `text` and `binary`.
template <typename Request>
grpc::Status ReadPayload(const Request& request, std::size_t max_bytes, ChatControl::Payload* kind,
                         std::string_view* payload) {
  switch (request.payload_case()) {
    case Request::kText:
      *kind = ChatControl::Payload::kText;
      *payload = request.text();
      break;
    case Request::kBinary:
      *kind = ChatControl::Payload::kBinary;
      *payload = request.binary();
      break;
    case Request::PAYLOAD_NOT_SET:
      return InvalidField("payload", "either text or binary is required");
  }
  if (payload->size() <= max_bytes) return grpc::Status::OK;
  const bool text = *kind == ChatControl::Payload::kText;
  return InvalidField(text ? "text" : "binary",
                      "has " + std::to_string(payload->size()) + " bytes, more than " + std::to_string(max_bytes));
}

}  // namespace

grpc::Status AdminService::ListConnections(grpc::ServerContext* context, const v1::ListConnectionsRequest* request,
                                           v1::ListConnectionsResponse* response) {
  if (request->page_size() < 0) return InvalidField("page_size", "must not be negative");
  const std::optional<std::uint64_t> after = ParsePageToken(request->page_token());
  if (!after.has_value()) return InvalidField("page_token", "is not a next_page_token of ListConnections");
  absl::StatusOr<ChatControl::Page> page = control_->List(*after, PageSize(request->page_size()), DeadlineOf(*context));
  if (!page.ok()) return ToGrpc(page.status());
  std::size_t bytes = 0;
  std::uint64_t last = *after;
  for (const ConnectionView& view : page->connections) {
    v1::Connection connection = ToProto(view);
    bytes += connection.ByteSizeLong();
    if (bytes > kMaxPageBytes) {
      page->more = true;
      break;
    }
    *response->add_connections() = std::move(connection);
    last = view.number;
  }
  if (page->more) response->set_next_page_token(MakePageToken(std::to_string(last)));
  response->set_total_size(page->total);
  return grpc::Status::OK;
}

grpc::Status AdminService::GetConnection(grpc::ServerContext* context, const v1::GetConnectionRequest* request,
                                         v1::Connection* response) {
  Uuid id;
  if (grpc::Status status = ParseName(request->name(), &id); !status.ok()) return status;
  absl::StatusOr<ConnectionView> view = control_->Get(id, DeadlineOf(*context));
  if (!view.ok()) return ToGrpc(view.status(), kConnectionType, request->name());
  *response = ToProto(*view);
  return grpc::Status::OK;
}

grpc::Status AdminService::SendMessage(grpc::ServerContext* context, const v1::SendMessageRequest* request,
                                       v1::SendMessageResponse*) {
  return audit_->Note(*context, {.method = "SendMessage", .resource = request->name()}, Send(context, *request));
}

grpc::Status AdminService::Send(grpc::ServerContext* context, const v1::SendMessageRequest& request) {
  Uuid id;
  if (grpc::Status status = ParseName(request.name(), &id); !status.ok()) return status;
  ChatControl::Payload kind;
  std::string_view payload;
  if (grpc::Status status = ReadPayload(request, max_message_bytes_, &kind, &payload); !status.ok()) return status;
  return ToGrpc(control_->Send(id, kind, payload, DeadlineOf(*context)), kConnectionType, request.name());
}

grpc::Status AdminService::CloseConnection(grpc::ServerContext* context, const v1::CloseConnectionRequest* request,
                                           v1::CloseConnectionResponse*) {
  return audit_->Note(*context, {.method = "CloseConnection", .resource = request->name()}, Close(context, *request));
}

grpc::Status AdminService::Close(grpc::ServerContext* context, const v1::CloseConnectionRequest& request) {
  Uuid id;
  if (grpc::Status status = ParseName(request.name(), &id); !status.ok()) return status;
  const int code = request.code() == 0 ? int{kNormalClosure} : request.code();
  if (code < 0 || code > 4999 || !MayBeSent(static_cast<std::uint16_t>(code))) {
    return InvalidField("code", std::to_string(code) + ": must be 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  }
  if (request.reason().size() > kMaxCloseReasonBytes) return InvalidField("reason", "has more than 123 bytes");
  return ToGrpc(control_->Close(id, static_cast<std::uint16_t>(code), request.reason(), DeadlineOf(*context)),
                kConnectionType, request.name());
}

grpc::Status AdminService::Broadcast(grpc::ServerContext* context, const v1::BroadcastRequest* request,
                                     v1::BroadcastResponse* response) {
  grpc::Status status = SendToAll(*request, response);
  return audit_->Note(*context, {.method = "Broadcast", .resource = "", .count = response->recipient_count()},
                      std::move(status));
}

grpc::Status AdminService::SendToAll(const v1::BroadcastRequest& request, v1::BroadcastResponse* response) {
  ChatControl::Payload kind;
  std::string_view payload;
  if (grpc::Status status = ReadPayload(request, max_message_bytes_, &kind, &payload); !status.ok()) return status;
  absl::StatusOr<int> recipients = control_->Broadcast(kind, payload);
  if (!recipients.ok()) return ToGrpc(recipients.status());
  response->set_recipient_count(*recipients);
  return grpc::Status::OK;
}

grpc::Status AdminService::WatchEvents(grpc::ServerContext* context, const v1::WatchEventsRequest* request,
                                       grpc::ServerWriter<v1::WatchEventsResponse>* writer) {
  ChatEventKinds kinds = request->kinds().empty() ? ChatEventKinds::All() : ChatEventKinds();
  for (const int kind : request->kinds()) {
    switch (kind) {
      case v1::Event::CONNECTED:
        kinds.Add(ChatEvent::Kind::kConnected);
        break;
      case v1::Event::DISCONNECTED:
        kinds.Add(ChatEvent::Kind::kDisconnected);
        break;
      case v1::Event::MESSAGE:
        kinds.Add(ChatEvent::Kind::kMessage);
        break;
      default:
        return InvalidField("kinds", std::to_string(kind) + ": must be CONNECTED, DISCONNECTED or MESSAGE");
    }
  }
  const std::shared_ptr<EventFeed::Watcher> watcher = feed_->Watch(kinds);
  if (watcher == nullptr) {
    return RefusedCall(grpc::StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_WATCHERS",
                       "too many watchers, or the chat is stopping", kWatcherRetryDelay);
  }
  v1::WatchEventsResponse started;
  started.mutable_started();
  if (!writer->Write(started)) return grpc::Status::OK;
  while (!context->IsCancelled()) {
    const EventFeed::Update update = watcher->Next(Clock::now() + kWatchTurn);
    v1::WatchEventsResponse response;
    if (std::holds_alternative<EventFeed::TimedOut>(update)) continue;
    if (std::holds_alternative<EventFeed::Ended>(update)) {
      return RefusedCall(grpc::StatusCode::UNAVAILABLE, "STOPPING", "the chat is stopping");
    }
    if (const auto* dropped = std::get_if<EventFeed::Dropped>(&update)) {
      response.set_dropped(static_cast<std::int64_t>(dropped->events));
    } else {
      *response.mutable_event() = ToProto(std::get<ChatEvent>(update));
    }
    if (!writer->Write(response)) break;
  }
  return grpc::Status::OK;
}

grpc::Status AdminService::GetStats(grpc::ServerContext*, const v1::GetStatsRequest*, v1::GetStatsResponse* response) {
  const ChatControl::Stats stats = control_->GetStats();
  *response->mutable_start_time() = ToTimestamp(stats.start_time);
  *response->mutable_uptime() = ToDuration(stats.uptime);
  response->set_connections_open(stats.connections_open);
  response->set_connections_total(static_cast<std::int64_t>(stats.connections_total));
  response->set_messages_received(static_cast<std::int64_t>(stats.messages_received));
  response->set_messages_delivered(static_cast<std::int64_t>(stats.deliveries));
  response->set_bytes_received(static_cast<std::int64_t>(stats.bytes_received));
  response->set_bytes_delivered(static_cast<std::int64_t>(stats.bytes_delivered));
  response->set_slow_consumers(static_cast<std::int64_t>(stats.slow_consumers));
  for (const auto& [code, count] : stats.closes) (*response->mutable_closes())[code] = static_cast<std::int64_t>(count);
  response->set_version(std::string(kVersion));
  response->set_draining(stats.draining);
  return grpc::Status::OK;
}

}  // namespace viaduct
