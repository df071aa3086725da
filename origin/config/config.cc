#include "origin/config/config.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/worker_pool.h"
#include "origin/broker/redis/redis_config.h"
#include "text/duration_text.h"
#include "text/string_view.h"
#include "websocket/deflater.h"
#include "websocket/inflater.h"

namespace viaduct::origin {
namespace {

constexpr std::uint32_t kMaxMessageBytes = 67108864;
constexpr std::uint32_t kMaxOutboundBytes = 1u << 30;
constexpr std::uint32_t kMaxFragments = 1u << 20;
constexpr std::uint32_t kMaxConnections = 10'000'000;
constexpr std::uint32_t kMaxRooms = 1'000'000;
constexpr std::uint32_t kMaxHistoryMessages = 1'000'000;
constexpr std::uint32_t kMaxWorkers = 256;
constexpr std::uint32_t kDefaultSessionMemory = 64 * 1024;
constexpr auto kMaxTimeout = std::chrono::hours(24);

absl::Status Invalid(std::string_view field, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(text::ToAbsl(field), ": ", text::ToAbsl(rule)));
}

absl::Status ReadAddress(std::string_view field, const std::string& text, net::SocketAddress* out) {
  if (text.empty()) return Invalid(field, "must be set");
  absl::StatusOr<net::SocketAddress> address = net::SocketAddress::Parse(text);
  if (!address.ok()) return Invalid(field, {address.status().message().data(), address.status().message().size()});
  *out = *std::move(address);
  return absl::OkStatus();
}

// 0 is "not set" and leaves the default.
template <typename Number>
absl::Status ReadCount(std::string_view field, std::uint32_t value, std::uint32_t max, Number* out) {
  if (value == 0) return absl::OkStatus();
  if (value > max) return Invalid(field, absl::StrCat(value, ": more than ", max));
  *out = static_cast<Number>(value);
  return absl::OkStatus();
}

absl::Status ReadTimeout(std::string_view field, bool is_set, const google::protobuf::Duration& value,
                         std::chrono::nanoseconds* out) {
  if (!is_set) return absl::OkStatus();
  // Compared in seconds first: the proto's range is wider than that of nanoseconds.
  if (value.seconds() < 0 || value.nanos() < 0 || (value.seconds() == 0 && value.nanos() == 0)) {
    return Invalid(field, "must be longer than 0s");
  }
  if (std::chrono::seconds(value.seconds()) > kMaxTimeout) return Invalid(field, "longer than 24h");
  *out = std::chrono::seconds(value.seconds()) + std::chrono::nanoseconds(value.nanos());
  return absl::OkStatus();
}

absl::Status ReadLimits(const origin::v1::Limits& proto, OriginConfig* out) {
  std::size_t outbound = 0;
  for (absl::Status status : {
           ReadCount("limits.max_message_bytes", proto.max_message_bytes(), kMaxMessageBytes, &out->max_message_bytes),
           ReadCount("limits.max_fragments", proto.max_fragments(), kMaxFragments, &out->max_fragments),
           ReadCount("limits.max_outbound_bytes", proto.max_outbound_bytes(), kMaxOutboundBytes, &outbound),
           ReadCount("limits.max_connections", proto.max_connections(), kMaxConnections, &out->max_connections),
           ReadCount("limits.max_rooms", proto.max_rooms(), kMaxRooms, &out->max_rooms),
           ReadCount("limits.max_message_rate", proto.max_message_rate(), kMaxMessageRate, &out->max_message_rate),
           ReadCount("limits.message_burst", proto.message_burst(), kMaxMessageRate, &out->message_burst),
           ReadCount("limits.max_room_clients", proto.max_room_clients(), kMaxConnections, &out->max_room_clients),
       }) {
    if (!status.ok()) return status;
  }
  if (proto.max_message_rate() == 0 && proto.message_burst() != 0) {
    return Invalid("limits.message_burst", absl::StrCat(proto.message_burst(), ": needs limits.max_message_rate"));
  }
  if (proto.message_burst() == 0) out->message_burst = out->max_message_rate;
  if (proto.max_room_clients() == 0) out->max_room_clients = out->max_connections;
  const std::size_t least = 2 * out->max_message_bytes;
  if (outbound == 0) outbound = std::max(out->max_outbound_bytes, least);
  if (outbound < least) {
    return Invalid("limits.max_outbound_bytes", absl::StrCat(outbound, ": less than twice max_message_bytes, ", least));
  }
  out->max_outbound_bytes = outbound;
  return absl::OkStatus();
}

// After ReadLimits.
absl::Status ReadHistory(const origin::v1::History& proto, OriginConfig* out) {
  History::Limits& history = out->history;
  const std::size_t most = out->max_outbound_bytes / 4;
  history.max_bytes = std::min(history.max_bytes, most);
  for (absl::Status status : {
           ReadCount("history.max_messages", proto.max_messages(), kMaxHistoryMessages, &history.max_messages),
           ReadCount("history.max_bytes", proto.max_bytes(), kMaxOutboundBytes, &history.max_bytes),
           ReadTimeout("history.max_age", proto.has_max_age(), proto.max_age(), &history.max_age),
           ReadCount("history.max_all_bytes", proto.max_all_bytes(), ~std::uint32_t{0}, &out->max_all_history_bytes),
       }) {
    if (!status.ok()) return status;
  }
  if (proto.has_max_messages()) history.max_messages = proto.max_messages();
  if (history.max_bytes > most) {
    return Invalid("history.max_bytes",
                   absl::StrCat(history.max_bytes, ": more than a quarter of limits.max_outbound_bytes, ", most));
  }
  if (proto.max_all_bytes() == 0) {
    out->max_all_history_bytes = std::max(out->max_all_history_bytes, history.max_bytes);
  }
  if (out->max_all_history_bytes < history.max_bytes) {
    return Invalid("history.max_all_bytes",
                   absl::StrCat(out->max_all_history_bytes, ": less than history.max_bytes, ", history.max_bytes));
  }
  return absl::OkStatus();
}

absl::Status ReadCompression(const origin::v1::Compression& proto, Compression* out) {
  out->enabled = proto.enabled();
  int* const bits = &out->policy.server_window_bits;
  std::uint32_t memory = kDefaultSessionMemory;
  for (absl::Status status : {
           ReadCount("compression.server_max_window_bits", proto.server_max_window_bits(), 15, bits),
           ReadCount("compression.session_memory_bytes", proto.session_memory_bytes(), 1u << 20, &memory),
           ReadCount("compression.min_message_bytes", proto.min_message_bytes(), kMaxMessageBytes,
                     &out->min_message_bytes),
       }) {
    if (!status.ok()) return status;
  }
  if (*bits < websocket::Deflater::kMinWindowBits) {
    return Invalid("compression.server_max_window_bits", absl::StrCat(*bits, ": less than 9"));
  }
  if (!proto.client_context_takeover()) return absl::OkStatus();
  if (memory < websocket::Inflater::MemoryBytes(websocket::Deflater::kMinWindowBits)) {
    return Invalid("compression.session_memory_bytes",
                   absl::StrCat(memory, ": less than the smallest context, ",
                                websocket::Inflater::MemoryBytes(websocket::Deflater::kMinWindowBits)));
  }
  out->policy.client_context = websocket::DeflateContext::kTakenOver;
  int* const client_bits = &out->policy.client_window_bits;
  while (websocket::Inflater::MemoryBytes(*client_bits) > memory) --*client_bits;
  return absl::OkStatus();
}

absl::Status ReadTimeouts(const origin::v1::Timeouts& proto, OriginConfig* out) {
  for (absl::Status status : {
           ReadTimeout("timeouts.request_head_timeout", proto.has_request_head_timeout(), proto.request_head_timeout(),
                       &out->request_head_timeout),
           ReadTimeout("timeouts.keep_alive_timeout", proto.has_keep_alive_timeout(), proto.keep_alive_timeout(),
                       &out->keep_alive_timeout),
           ReadTimeout("timeouts.close_timeout", proto.has_close_timeout(), proto.close_timeout(), &out->close_timeout),
           ReadTimeout("timeouts.message_timeout", proto.has_message_timeout(), proto.message_timeout(),
                       &out->message_timeout),
           ReadTimeout("timeouts.drain_timeout", proto.has_drain_timeout(), proto.drain_timeout(), &out->drain_timeout),
       }) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadBroker(const origin::v1::OriginConfig& proto, OriginConfig* out) {
  if (!proto.broker().has_redis()) return absl::OkStatus();
  absl::StatusOr<RedisBrokerSettings> redis = ReadRedisConfig(proto.broker().redis());
  if (!redis.ok()) return redis.status();
  // Enough for what a task misses while it reconnects, also where clients cannot resume.
  redis->stream_messages = std::max<std::size_t>(out->history.max_messages, 1000);
  redis->history_messages = out->history.max_messages;
  redis->history_bytes = out->history.max_bytes;
  redis->history_age = out->history.max_age;
  // The longest message must fit, with what is around it.
  const std::size_t least = 2 * out->max_message_bytes;
  if (proto.broker().redis().max_outbox_bytes() != 0 && redis->outbox_bytes < least) {
    return Invalid("broker.redis.max_outbox_bytes",
                   absl::StrCat(redis->outbox_bytes, ": less than twice limits.max_message_bytes, ", least));
  }
  redis->outbox_bytes = std::max(redis->outbox_bytes, least);
  redis->endpoint.max_reply_bytes = std::max(redis->endpoint.max_reply_bytes, least);
  out->redis = *std::move(redis);
  out->redis_required = proto.broker().redis().required();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OriginConfig> OriginConfig::Create(const origin::v1::OriginConfig& proto) {
  OriginConfig config;
  const std::string ops_listen = proto.ops_listen().empty() ? std::string(kDefaultOpsListen) : proto.ops_listen();
  config.workers = net::UsableCpus();
  for (absl::Status status : {
           ReadAddress("listen", proto.listen(), &config.listen),
           ReadAddress("ops_listen", ops_listen, &config.ops_listen),
           ReadCount("workers", proto.workers(), kMaxWorkers, &config.workers),
           ReadLimits(proto.limits(), &config),
           ReadHistory(proto.history(), &config),
           ReadCompression(proto.compression(), &config.compression),
           ReadTimeouts(proto.timeouts(), &config),
       }) {
    if (!status.ok()) return status;
  }
  absl::StatusOr<ops::AdminListener> admin = ops::AdminListener::Create(proto.admin());
  if (!admin.ok()) return admin.status();
  config.admin = *std::move(admin);
  if (absl::Status status = ReadBroker(proto, &config); !status.ok()) return status;
  if (config.ops_listen.is_unix())
    return Invalid("ops_listen", absl::StrCat("\"", ops_listen, "\": not an IP address"));
  return config;
}

origin::v1::OriginConfig WithDefaults(const OriginConfig& config, const origin::v1::OriginConfig& proto) {
  origin::v1::OriginConfig full = proto;
  full.set_ops_listen(config.ops_listen.ToString());
  full.set_workers(static_cast<std::uint32_t>(config.workers));
  origin::v1::Limits& limits = *full.mutable_limits();
  limits.set_max_message_bytes(static_cast<std::uint32_t>(config.max_message_bytes));
  limits.set_max_fragments(static_cast<std::uint32_t>(config.max_fragments));
  limits.set_max_outbound_bytes(static_cast<std::uint32_t>(config.max_outbound_bytes));
  limits.set_max_connections(static_cast<std::uint32_t>(config.max_connections));
  limits.set_max_rooms(static_cast<std::uint32_t>(config.max_rooms));
  limits.set_max_room_clients(static_cast<std::uint32_t>(config.max_room_clients));
  limits.set_max_message_rate(static_cast<std::uint32_t>(config.max_message_rate));
  limits.set_message_burst(static_cast<std::uint32_t>(config.message_burst));
  origin::v1::Compression& compression = *full.mutable_compression();
  compression.set_server_max_window_bits(static_cast<std::uint32_t>(config.compression.policy.server_window_bits));
  if (compression.session_memory_bytes() == 0) compression.set_session_memory_bytes(kDefaultSessionMemory);
  compression.set_min_message_bytes(static_cast<std::uint32_t>(config.compression.min_message_bytes));
  origin::v1::History& history = *full.mutable_history();
  history.set_max_messages(static_cast<std::uint32_t>(config.history.max_messages));
  history.set_max_bytes(static_cast<std::uint32_t>(config.history.max_bytes));
  *history.mutable_max_age() = text::ToProto(config.history.max_age);
  history.set_max_all_bytes(static_cast<std::uint32_t>(config.max_all_history_bytes));
  origin::v1::Timeouts& timeouts = *full.mutable_timeouts();
  *timeouts.mutable_request_head_timeout() = text::ToProto(config.request_head_timeout);
  *timeouts.mutable_keep_alive_timeout() = text::ToProto(config.keep_alive_timeout);
  *timeouts.mutable_close_timeout() = text::ToProto(config.close_timeout);
  *timeouts.mutable_message_timeout() = text::ToProto(config.message_timeout);
  *timeouts.mutable_drain_timeout() = text::ToProto(config.drain_timeout);
  if (config.redis.has_value()) FillRedisDefaults(*config.redis, full.mutable_broker()->mutable_redis());
  return full;
}

}  // namespace viaduct::origin
