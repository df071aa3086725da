#include "sidecar/admin/admin_tunnels.h"

#include <charconv>
#include <chrono>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "ops/admin/admin_call.h"
#include "ops/admin/admin_error.h"
#include "websocket/close_code.h"

namespace viaduct::sidecar {
namespace {

constexpr std::string_view kNamePrefix = "tunnels/";

google::protobuf::Timestamp ToTimestamp(net::Clock::time_point time) {
  const auto ago = std::chrono::duration_cast<std::chrono::system_clock::duration>(net::Clock::now() - time);
  return viaduct::ops::ToTimestamp(std::chrono::system_clock::now() - ago);
}

void Fill(const TunnelView::Way& way, admin::v1::Tunnel::Traffic* traffic) {
  traffic->set_bytes(static_cast<std::int64_t>(way.bytes));
  traffic->set_data_frames(static_cast<std::int64_t>(way.frames));
  if (way.last_data.has_value()) *traffic->mutable_last_data_time() = ToTimestamp(*way.last_data);
  traffic->set_blocked(way.blocked);
  traffic->set_close_code(way.close_code.value_or(0));
}

}  // namespace

admin::v1::Tunnel ToProto(const TunnelView& view, const TunnelId& id) {
  admin::v1::Tunnel tunnel;
  TunnelRequest request = TunnelRequest::FromRecord(view.record);
  tunnel.set_name(std::string(kNamePrefix) + id.Text());
  *tunnel.mutable_open_time() = ToTimestamp(view.opened);
  tunnel.set_peer_address(std::move(request.peer));
  tunnel.set_viewer_address(std::move(request.viewer));
  tunnel.set_edge_address(std::move(request.edge));
  tunnel.set_host(std::move(request.host));
  tunnel.set_path(std::move(request.path));
  tunnel.set_room(ops::ToUtf8(std::move(request.room)));
  tunnel.set_cloudfront_id(std::move(request.cloudfront_id));
  tunnel.set_trace_id(std::move(request.trace_id));
  tunnel.set_user_agent(std::move(request.user_agent));
  tunnel.set_secret_generation(std::move(request.secret_generation));
  for (std::string& reason : request.would_deny) tunnel.add_would_deny(std::move(reason));
  Fill(view.from_viewer, tunnel.mutable_from_viewer());
  Fill(view.from_upstream, tunnel.mutable_from_upstream());
  *tunnel.mutable_last_activity_time() = ToTimestamp(view.last_data);
  tunnel.set_awaiting_pong(view.awaiting_pong);
  if (view.end.has_value()) tunnel.set_closing(std::string(kTunnelEnds.Name(*view.end)));
  return tunnel;
}

grpc::Status ReadTunnelName(const std::string& name, TunnelId* id) {
  const std::string_view view = name;
  if (view.substr(0, kNamePrefix.size()) == kNamePrefix) {
    if (const std::optional<TunnelId> parsed = TunnelId::Parse(view.substr(kNamePrefix.size()))) {
      *id = *parsed;
      return grpc::Status::OK;
    }
  }
  return ops::InvalidField("name", "\"" + name + "\": must be \"tunnels/{id}\", the id as ListTunnels tells it");
}

namespace {

// The fields have the same names in both messages.
template <typename Message>
grpc::Status ReadConditions(const Message& request, TunnelFilter* filter) {
  TunnelFilter::Spec spec{.target_prefix = request.path_prefix()};
  for (const grpc::Status& status : {
           ops::ReadRange("viewer_range", request.viewer_range(), &spec.viewer_range),
           ops::ReadSpan("idle_longer_than", request.has_idle_longer_than(), request.idle_longer_than(),
                         &spec.idle_for),
           ops::ReadSpan("open_longer_than", request.has_open_longer_than(), request.open_longer_than(),
                         &spec.open_for),
       }) {
    if (!status.ok()) return status;
  }
  *filter = TunnelFilter(spec);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status ReadTunnelFilter(const admin::v1::ListTunnelsRequest& request, TunnelFilter* filter) {
  return ReadConditions(request, filter);
}

grpc::Status ReadTunnelFilter(const admin::v1::TunnelFilter& proto, TunnelFilter* filter) {
  return ReadConditions(proto, filter);
}

grpc::Status ReadTunnelClose(std::int32_t code, const std::string& reason, std::uint16_t* out) {
  if (code == 0) code = websocket::kNormalClosure;
  if (code < 0 || code > 4999 || !websocket::MayBeSent(static_cast<std::uint16_t>(code))) {
    return ops::InvalidField("code", std::to_string(code) + ": must be 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  }
  if (reason.size() > websocket::kMaxCloseReasonBytes) return ops::InvalidField("reason", "has more than 123 bytes");
  *out = static_cast<std::uint16_t>(code);
  return grpc::Status::OK;
}

std::string FilterText(const admin::v1::TunnelFilter& proto) {
  std::string text;
  const auto add = [&text](const char* name, const std::string& value) {
    absl::StrAppend(&text, text.empty() ? "" : " ", name, "=", value);
  };
  if (!proto.path_prefix().empty()) add("path_prefix", absl::StrCat("\"", proto.path_prefix(), "\""));
  if (!proto.viewer_range().empty()) add("viewer_range", proto.viewer_range());
  if (proto.has_open_longer_than()) add("open_longer_than", ops::DurationText(proto.open_longer_than()));
  if (proto.has_idle_longer_than()) add("idle_longer_than", ops::DurationText(proto.idle_longer_than()));
  return text.empty() ? "all" : text;
}

std::string TokenOf(const TunnelControl::Position& position) {
  return ops::MakePageToken(std::to_string(position.worker) + "-" + std::to_string(position.number));
}

std::optional<TunnelControl::Position> ReadToken(const std::string& token) {
  TunnelControl::Position position;
  if (token.empty()) return position;
  const std::optional<std::string> text = ops::ReadPageToken(token);
  if (!text.has_value()) return std::nullopt;
  const char* end = text->data() + text->size();
  const auto worker = std::from_chars(text->data(), end, position.worker);
  if (worker.ec != std::errc() || worker.ptr == end || *worker.ptr != '-') return std::nullopt;
  const auto number = std::from_chars(worker.ptr + 1, end, position.number);
  if (number.ec != std::errc() || number.ptr != end) return std::nullopt;
  return position;
}

}  // namespace viaduct::sidecar
