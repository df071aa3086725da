#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "api/origin/v1/origin.pb.h"
#include "net/address.h"
#include "ops/admin/admin_listener.h"
#include "origin/broker/redis/redis_broker_settings.h"
#include "origin/http/compression.h"
#include "origin/room/history.h"

namespace viaduct::origin {

inline constexpr std::string_view kDefaultOpsListen = "127.0.0.1:9082";
// Of messages that one connection may send in a second, and at once.
inline constexpr std::uint32_t kMaxMessageRate = 1'000'000;

// The chat's settings, checked and with every default in place. A value.
struct OriginConfig {
  // Reads the files that the proto names. An error names the field, the value and the rule:
  // `limits.max_message_bytes: 99999999: more than 67108864`.
  static absl::StatusOr<OriginConfig> Create(const origin::v1::OriginConfig& proto);

  net::SocketAddress listen;
  net::SocketAddress ops_listen;
  int workers = 1;

  std::size_t max_message_bytes = std::size_t{1} << 20;
  std::size_t max_fragments = 4096;
  std::size_t max_outbound_bytes = std::size_t{4} << 20;
  int max_connections = 20000;
  std::size_t max_rooms = 10000;
  int max_room_clients = 20000;
  int max_message_rate = 0;  // a second; 0: any
  int message_burst = 0;

  History::Limits history = {
      .max_messages = 1000, .max_bytes = std::size_t{1} << 20, .max_age = std::chrono::minutes(10)};
  std::size_t max_all_history_bytes = std::size_t{64} << 20;

  Compression compression;

  std::chrono::nanoseconds request_head_timeout = std::chrono::seconds(10);
  std::chrono::nanoseconds keep_alive_timeout = std::chrono::seconds(10);
  std::chrono::nanoseconds close_timeout = std::chrono::seconds(5);
  std::chrono::nanoseconds message_timeout = std::chrono::seconds(30);
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds(10);

  ops::AdminListener admin;

  // Without the task's name; nothing: this task is the whole chat.
  std::optional<RedisBrokerSettings> redis;
  bool redis_required = false;
};

// `proto`, which gave `config`, with every default written out.
origin::v1::OriginConfig WithDefaults(const OriginConfig& config, const origin::v1::OriginConfig& proto);

}  // namespace viaduct::origin
