#include "origin/config/config.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/address_tally.h"
#include "net/worker_pool.h"
#include "ops/config/field_rules.h"
#include "ops/config/listeners.h"
#include "ops/config/log_config.h"
#include "origin/broker/redis/redis_config.h"
#include "text/duration_text.h"
#include "text/field_error.h"
#include "websocket/deflater.h"
#include "websocket/inflater.h"

namespace viaduct::origin {
namespace {

absl::Status Wrong(std::string_view path, std::uint64_t value, const std::string& rule) {
  return text::AtField(path, text::InvalidValue(std::to_string(value), rule));
}

// The functions below read a message that keeps the rules of its schema, and check the rules between its fields. A
// default may break these; it is adapted instead, so they also get the message as it was `given`.

absl::Status ReadLimits(const origin::v1::Limits& given, origin::v1::Limits* proto, OriginConfig* out) {
  if (proto->max_room_clients() == 0) proto->set_max_room_clients(proto->max_connections());
  const auto max_connections = static_cast<int>(proto->max_connections());
  if (!proto->has_max_connections_per_viewer()) {
    proto->set_max_connections_per_viewer(static_cast<std::uint32_t>(DefaultViewerConnections(max_connections)));
  }
  if (!proto->has_max_rooms_per_viewer()) {
    const auto max_rooms = static_cast<int>(proto->max_rooms());
    proto->set_max_rooms_per_viewer(static_cast<std::uint32_t>(net::AddressTally::ShareOf(max_rooms, 4)));
  }
  if (proto->max_message_rate() == 0 && proto->message_burst() != 0) {
    return Wrong("limits.message_burst", proto->message_burst(), "needs limits.max_message_rate");
  }
  if (proto->message_burst() == 0 && proto->max_message_rate() != 0) {
    proto->set_message_burst(OriginConfig::kDefaultBurst * proto->max_message_rate());
  }
  if (proto->max_byte_rate() == 0 && proto->byte_burst() != 0) {
    return Wrong("limits.byte_burst", proto->byte_burst(), "needs limits.max_byte_rate");
  }
  if (proto->byte_burst() == 0 && proto->max_byte_rate() != 0) {
    proto->set_byte_burst(static_cast<std::uint32_t>(OriginConfig::kDefaultBurst * proto->max_byte_rate()));
  }
  const std::uint32_t least = 2 * proto->max_message_bytes();
  if (given.max_outbound_bytes() == 0) proto->set_max_outbound_bytes(std::max(proto->max_outbound_bytes(), least));
  if (proto->max_outbound_bytes() < least) {
    return Wrong("limits.max_outbound_bytes", proto->max_outbound_bytes(),
                 absl::StrCat("must be at least ", least, ", twice max_message_bytes"));
  }
  out->max_message_bytes = proto->max_message_bytes();
  out->max_fragments = proto->max_fragments();
  out->max_outbound_bytes = proto->max_outbound_bytes();
  out->max_connections = max_connections;
  out->max_rooms = proto->max_rooms();
  out->max_room_clients = static_cast<int>(proto->max_room_clients());
  out->max_connections_per_viewer = static_cast<int>(proto->max_connections_per_viewer());
  out->max_rooms_per_viewer = static_cast<int>(proto->max_rooms_per_viewer());
  out->max_message_rate = static_cast<int>(proto->max_message_rate());
  out->message_burst = proto->message_burst();
  out->max_byte_rate = static_cast<int>(proto->max_byte_rate());
  out->byte_burst = proto->byte_burst();
  return absl::OkStatus();
}

// After ReadLimits.
absl::Status ReadHistory(const origin::v1::History& given, origin::v1::History* proto, OriginConfig* out) {
  const auto most = static_cast<std::uint32_t>(out->max_outbound_bytes / 4);
  if (given.max_bytes() == 0) proto->set_max_bytes(std::min(proto->max_bytes(), most));
  if (proto->max_bytes() > most) {
    return Wrong("history.max_bytes", proto->max_bytes(),
                 absl::StrCat("must be at most ", most, ", a quarter of limits.max_outbound_bytes"));
  }
  if (given.max_all_bytes() == 0) proto->set_max_all_bytes(std::max(proto->max_all_bytes(), proto->max_bytes()));
  if (proto->max_all_bytes() < proto->max_bytes()) {
    return Wrong("history.max_all_bytes", proto->max_all_bytes(),
                 absl::StrCat("must be at least ", proto->max_bytes(), ", history.max_bytes"));
  }
  out->history = {.max_messages = proto->max_messages(),
                  .max_bytes = proto->max_bytes(),
                  .max_age = text::ToChrono(proto->max_age())};
  out->max_all_history_bytes = proto->max_all_bytes();
  return absl::OkStatus();
}

absl::Status ReadCompression(const origin::v1::Compression& proto, Compression* out) {
  out->enabled = proto.enabled();
  out->min_message_bytes = proto.min_message_bytes();
  out->policy.server_window_bits = static_cast<int>(proto.server_max_window_bits());
  if (!proto.client_context_takeover()) return absl::OkStatus();
  const std::size_t least = websocket::Inflater::MemoryBytes(websocket::Deflater::kMinWindowBits);
  if (proto.session_memory_bytes() < least) {
    return Wrong("compression.session_memory_bytes", proto.session_memory_bytes(),
                 absl::StrCat("must be at least ", least, ", the smallest context"));
  }
  out->policy.client_context = websocket::DeflateContext::kTakenOver;
  int* const client_bits = &out->policy.client_window_bits;
  while (websocket::Inflater::MemoryBytes(*client_bits) > proto.session_memory_bytes()) --*client_bits;
  return absl::OkStatus();
}

void ReadTimeouts(const origin::v1::Timeouts& proto, OriginConfig* out) {
  out->request_head_timeout = text::ToChrono(proto.request_head_timeout());
  out->keep_alive_timeout = text::ToChrono(proto.keep_alive_timeout());
  out->close_timeout = text::ToChrono(proto.close_timeout());
  out->message_timeout = text::ToChrono(proto.message_timeout());
  out->drain_timeout = text::ToChrono(proto.drain_timeout());
}

// After ReadHistory.
absl::Status ReadRedis(const origin::v1::Redis& given, ops::Credentials credentials, origin::v1::Redis* proto,
                       OriginConfig* out) {
  // The longest message must fit with its encoding.
  const auto least = static_cast<std::uint32_t>(2 * out->max_message_bytes);
  if (given.max_outbox_bytes() == 0) proto->set_max_outbox_bytes(std::max(proto->max_outbox_bytes(), least));
  absl::StatusOr<RedisBrokerSettings> redis = ReadRedisConfig(proto, credentials);
  if (!redis.ok()) return redis.status();
  if (redis->outbox_bytes < least) {
    return Wrong("broker.redis.max_outbox_bytes", redis->outbox_bytes,
                 absl::StrCat("must be at least ", least, ", twice limits.max_message_bytes"));
  }
  // Enough to replace what a task misses while it reconnects, even if clients cannot resume.
  redis->stream_messages = std::max<std::size_t>(out->history.max_messages, 1000);
  redis->history_messages = out->history.max_messages;
  redis->history_age = out->history.max_age;
  redis->endpoint.max_reply_bytes = std::max<std::size_t>(redis->endpoint.max_reply_bytes, least);
  out->redis = *std::move(redis);
  out->redis_required = proto->required();
  return absl::OkStatus();
}

}  // namespace

int DefaultViewerConnections(int max_connections) { return net::AddressTally::ShareOf(max_connections, 2); }

absl::StatusOr<OriginConfig> OriginConfig::Create(origin::v1::OriginConfig* proto, ops::Credentials credentials) {
  const origin::v1::OriginConfig given = *proto;
  if (absl::Status status = ops::ApplyFieldRules("", proto); !status.ok()) return status;
  OriginConfig config;
  config.listen = net::SocketAddress::Parse(proto->listen()).value();
  config.ops_listen = net::SocketAddress::Parse(proto->ops_listen()).value();
  if (proto->workers() == 0) proto->set_workers(static_cast<std::uint32_t>(net::UsableCpus()));
  config.workers = static_cast<int>(proto->workers());
  absl::StatusOr<text::QueryRedaction> shown_query = ops::ReadLogConfig(proto->log());
  if (!shown_query.ok()) return shown_query.status();
  config.shown_query = *std::move(shown_query);
  ReadTimeouts(proto->timeouts(), &config);
  absl::Status status = ReadLimits(given.limits(), proto->mutable_limits(), &config);
  if (!status.ok()) return status;
  status = ReadHistory(given.history(), proto->mutable_history(), &config);
  status.Update(ReadCompression(proto->compression(), &config.compression));
  if (!status.ok()) return status;
  absl::StatusOr<ops::AdminListener> admin = ops::AdminListener::Create(proto->admin(), credentials);
  if (!admin.ok()) return admin.status();
  config.admin = *std::move(admin);
  const std::vector<ops::ListenerField> listeners = config.admin.With(config.listen, config.ops_listen);
  if (status = ops::CheckListenersApart(listeners); !status.ok()) return status;
  if (proto->broker().has_redis()) {
    status = ReadRedis(given.broker().redis(), credentials, proto->mutable_broker()->mutable_redis(), &config);
    if (!status.ok()) return status;
    const auto redis = net::SocketAddress::Parse(config.redis->endpoint.ToString());
    // A name may lead anywhere.
    if (redis.ok()) status = ops::CheckNotOwn({"broker.redis.address", *redis}, listeners);
    if (!status.ok()) return status;
  }
  return config;
}

}  // namespace viaduct::origin
