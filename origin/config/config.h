#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "absl/status/statusor.h"
#include "api/origin/v1/origin.pb.h"
#include "net/address.h"
#include "ops/admin/admin_listener.h"
#include "ops/config/credentials.h"
#include "origin/broker/redis/redis_broker_settings.h"
#include "origin/http/compression.h"
#include "origin/room/history.h"
#include "text/redaction.h"

namespace viaduct::origin {

// What one viewer may have of so many connections, unless the config says it: enough for an office behind one address.
int DefaultViewerConnections(int max_connections);

// The chat's settings, checked and with every default filled in; api/origin/v1/origin.proto explains each one. A value.
struct OriginConfig {
  // Checks `proto`, writes the defaults into it, so that --check can print what is in force, and reads the files that
  // it names. An error names the field, the value and the rule: `limits.max_rooms: "1000001": must be 1 to 1000000`.
  static absl::StatusOr<OriginConfig> Create(origin::v1::OriginConfig* proto,
                                             ops::Credentials credentials = ops::Credentials::kRead);

  net::SocketAddress listen;
  net::SocketAddress ops_listen;
  int workers = 1;

  std::size_t max_message_bytes = 0;
  std::size_t max_fragments = 0;
  std::size_t max_outbound_bytes = 0;
  int max_connections = 0;
  std::size_t max_rooms = 0;
  int max_room_clients = 0;
  int max_connections_per_viewer = 0;  // 0: any number
  int max_rooms_per_viewer = 0;        // the same
  // A burst that is not set is this many seconds' worth.
  static constexpr std::int64_t kDefaultBurst = 4;
  int max_message_rate = 0;  // a second; 0: any
  std::int64_t message_burst = 0;
  int max_byte_rate = 0;  // a second; 0: any
  std::int64_t byte_burst = 0;

  History::Limits history;
  std::size_t max_all_history_bytes = 0;

  Compression compression;

  std::chrono::nanoseconds request_head_timeout{};
  std::chrono::nanoseconds keep_alive_timeout{};
  std::chrono::nanoseconds close_timeout{};
  std::chrono::nanoseconds message_timeout{};
  std::chrono::nanoseconds drain_timeout{};

  ops::AdminListener admin;
  text::QueryRedaction shown_query;  // of targets, in the log

  // Without the task's name; nullopt: this task is the whole chat.
  std::optional<RedisBrokerSettings> redis;
  bool redis_required = false;
};

}  // namespace viaduct::origin
