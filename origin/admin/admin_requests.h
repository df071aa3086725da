#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin/v1/chat_admin.pb.h"
#include "ops/admin/admin_error.h"
#include "origin/chat/chat_control.h"
#include "origin/message/uuid.h"
#include "origin/worker/connection_filter.h"
#include "origin/worker/connection_view.h"
#include "origin/worker/event_feed.h"

namespace viaduct::origin {

// Converts between the messages of the chat's admin API and ChatControl's values, and checks requests. A function that
// reads
// a field returns INVALID_ARGUMENT naming that field. Thread-safe, without state.

// ResourceInfo.resource_type of a connection.
inline constexpr std::string_view kConnectionType = "viaduct.admin.v1.Connection";

// "connections/{id}".
std::string ConnectionName(const Uuid& id);
admin::v1::Connection ToProto(const ConnectionView& view);
admin::v1::Event ToProto(const ChatEvent& event);

// Reads a field "name" that must be "connections/{id}".
grpc::Status ReadConnectionName(const std::string& name, Uuid* id);
grpc::Status ReadFilter(const admin::v1::ConnectionFilter& proto, ConnectionFilter* filter);
// True if no condition is set.
bool IsEmpty(const admin::v1::ConnectionFilter& proto);
// For the audit log: "room=\"lobby\" viewer_range=203.0.113.0/24", or "all" for an empty one.
std::string FilterText(const admin::v1::ConnectionFilter& proto);
// Reads the fields "code", where 0 means 1000, and "reason".
grpc::Status ReadClose(std::int32_t code, const std::string& reason, std::uint16_t* out);
grpc::Status ReadRoom(const std::string& field, const std::string& room);
// Reads the fields "kinds" and "rooms".
grpc::Status ReadWatch(const admin::v1::WatchEventsRequest& request, ChatEventKinds* kinds,
                       std::vector<std::string>* rooms);

// Reads the payload of a request that has `text` and `binary`, of at most `max_bytes`.
template <typename Request>
grpc::Status ReadPayload(const Request& request, std::size_t max_bytes, ChatControl::Payload* kind,
                         std::string_view* payload) {
  const bool text = request.has_text();
  if (!text && !request.has_binary()) return ops::InvalidField("payload", "either text or binary is required");
  *kind = text ? ChatControl::Payload::kText : ChatControl::Payload::kBinary;
  *payload = text ? request.text() : request.binary();
  if (payload->size() <= max_bytes) return grpc::Status::OK;
  return ops::InvalidField(text ? "text" : "binary",
                           "has " + std::to_string(payload->size()) + " bytes, more than " + std::to_string(max_bytes));
}

}  // namespace viaduct::origin
