#include "origin/admin/admin_requests.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/admin/admin_call.h"
#include "origin/http/room_query.h"
#include "websocket/close_code.h"

namespace viaduct::origin {
namespace {

constexpr std::string_view kNamePrefix = "connections/";
constexpr int kMaxWatchedRooms = 64;

admin::v1::Event::Kind ToProto(ChatEvent::Kind kind) {
  switch (kind) {
    case ChatEvent::Kind::kConnected:
      return admin::v1::Event::CONNECTED;
    case ChatEvent::Kind::kDisconnected:
      return admin::v1::Event::DISCONNECTED;
    case ChatEvent::Kind::kMessage:
      return admin::v1::Event::MESSAGE;
    case ChatEvent::Kind::kBroadcast:
      return admin::v1::Event::BROADCAST;
  }
}

}  // namespace

std::string ConnectionName(const Uuid& id) {
  const auto text = id.Text();
  return std::string(kNamePrefix).append(text.data(), text.size());
}

admin::v1::Connection ToProto(const ConnectionView& view) {
  admin::v1::Connection connection;
  connection.set_name(ConnectionName(view.id));
  connection.set_room(view.room);
  *connection.mutable_connect_time() = ops::ToTimestamp(view.connect_time);
  if (view.last_message_time.has_value())
    *connection.mutable_last_message_time() = ops::ToTimestamp(*view.last_message_time);
  connection.set_peer_address(ops::ToUtf8(view.peer_address));
  connection.set_viewer_address(ops::ToUtf8(view.viewer_address));
  connection.set_forwarded_for(ops::ToUtf8(view.forwarded_for));
  connection.set_cloudfront_id(ops::ToUtf8(view.cloudfront_id));
  connection.set_user_agent(ops::ToUtf8(view.user_agent));
  connection.set_messages_received(static_cast<std::int64_t>(view.messages_received));
  connection.set_bytes_received(static_cast<std::int64_t>(view.bytes_received));
  connection.set_messages_sent(static_cast<std::int64_t>(view.messages_sent));
  connection.set_bytes_sent(static_cast<std::int64_t>(view.bytes_sent));
  connection.set_queued_bytes(static_cast<std::int64_t>(view.queued_bytes));
  return connection;
}

admin::v1::Event ToProto(const ChatEvent& event) {
  admin::v1::Event proto;
  proto.set_kind(ToProto(event.kind));
  *proto.mutable_time() = ops::ToTimestamp(event.time);
  if (event.kind != ChatEvent::Kind::kBroadcast) proto.set_connection(ConnectionName(event.id));
  proto.set_from(event.from);
  proto.set_all_rooms(event.all_rooms);
  proto.set_room(event.room);
  proto.set_client_count(event.client_count);
  proto.set_close_code(event.close_code);
  proto.set_close_reason(ops::ToUtf8(event.close_reason));
  proto.set_bytes(static_cast<std::int64_t>(event.bytes));
  proto.set_binary(event.binary);
  proto.set_broadcast_count(event.broadcast_count);
  proto.set_viewer_address(ops::ToUtf8(event.viewer_address));
  return proto;
}

grpc::Status ReadConnectionName(const std::string& name, Uuid* id) {
  const std::string_view view = name;
  if (view.substr(0, kNamePrefix.size()) == kNamePrefix) {
    if (const std::optional<Uuid> parsed = Uuid::Parse(view.substr(kNamePrefix.size()))) {
      *id = *parsed;
      return grpc::Status::OK;
    }
  }
  return ops::InvalidField("name", "\"" + name.substr(0, 64) + "\": must be \"connections/{id}\", the id a UUID");
}

grpc::Status ReadFilter(const admin::v1::ConnectionFilter& proto, ConnectionFilter* filter) {
  if (proto.has_room()) filter->room = proto.room();
  for (const grpc::Status& status : {ReadRoom("filter.room", proto.room()),
                                     ops::ReadRange("filter.viewer_range", proto.viewer_range(), &filter->viewer_range),
                                     ops::ReadRange("filter.peer_range", proto.peer_range(), &filter->peer_range),
                                     ops::ReadSpan("filter.open_longer_than", proto.has_open_longer_than(),
                                                   proto.open_longer_than(), &filter->open_for),
                                     ops::ReadSpan("filter.idle_longer_than", proto.has_idle_longer_than(),
                                                   proto.idle_longer_than(), &filter->idle_for)}) {
    if (!status.ok()) return status;
  }
  return grpc::Status::OK;
}

bool IsEmpty(const admin::v1::ConnectionFilter& proto) {
  return !proto.has_room() && proto.viewer_range().empty() && proto.peer_range().empty() &&
         !proto.has_open_longer_than() && !proto.has_idle_longer_than();
}

std::string FilterText(const admin::v1::ConnectionFilter& proto) {
  std::string text;
  const auto add = [&text](const char* name, const std::string& value) {
    absl::StrAppend(&text, text.empty() ? "" : " ", name, "=", value);
  };
  if (proto.has_room()) add("room", absl::StrCat("\"", proto.room(), "\""));
  if (!proto.viewer_range().empty()) add("viewer_range", proto.viewer_range());
  if (!proto.peer_range().empty()) add("peer_range", proto.peer_range());
  if (proto.has_open_longer_than()) add("open_longer_than", ops::DurationText(proto.open_longer_than()));
  if (proto.has_idle_longer_than()) add("idle_longer_than", ops::DurationText(proto.idle_longer_than()));
  return text.empty() ? "all" : text;
}

grpc::Status ReadClose(std::int32_t code, const std::string& reason, std::uint16_t* out) {
  if (code == 0) code = websocket::kNormalClosure;
  if (code < 0 || code > 4999 || !websocket::MayBeSent(static_cast<std::uint16_t>(code))) {
    return ops::InvalidField("code", std::to_string(code) + ": must be 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  }
  if (reason.size() > websocket::kMaxCloseReasonBytes) return ops::InvalidField("reason", "has more than 123 bytes");
  *out = static_cast<std::uint16_t>(code);
  return grpc::Status::OK;
}

grpc::Status ReadRoom(const std::string& field, const std::string& room) {
  if (IsRoomName(room)) return grpc::Status::OK;
  return ops::InvalidField(field, "must be at most 64 of A-Z a-z 0-9 . _ ~ -");
}

grpc::Status ReadWatch(const admin::v1::WatchEventsRequest& request, ChatEventKinds* kinds,
                       std::vector<std::string>* rooms) {
  *kinds = request.kinds().empty() ? ChatEventKinds::All() : ChatEventKinds();
  for (const int kind : request.kinds()) {
    switch (kind) {
      case admin::v1::Event::CONNECTED:
        kinds->Add(ChatEvent::Kind::kConnected);
        break;
      case admin::v1::Event::DISCONNECTED:
        kinds->Add(ChatEvent::Kind::kDisconnected);
        break;
      case admin::v1::Event::MESSAGE:
        kinds->Add(ChatEvent::Kind::kMessage);
        break;
      case admin::v1::Event::BROADCAST:
        kinds->Add(ChatEvent::Kind::kBroadcast);
        break;
      default:
        return ops::InvalidField("kinds",
                                 std::to_string(kind) + ": must be CONNECTED, DISCONNECTED, MESSAGE or BROADCAST");
    }
  }
  if (request.rooms_size() > kMaxWatchedRooms) return ops::InvalidField("rooms", "more than 64");
  for (const std::string& room : request.rooms()) {
    if (grpc::Status status = ReadRoom("rooms", room); !status.ok()) return status;
    rooms->push_back(room);
  }
  return grpc::Status::OK;
}

}  // namespace viaduct::origin
