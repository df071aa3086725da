#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "origin/config.h"

namespace viaduct {

// Limits of the config that operators may change while the chat runs; until it ends. A value.
struct ChatSettings {
  std::size_t max_message_bytes;  // of sessions that begin after the change
  int max_connections;
  int max_room_clients;
  bool log_messages;

  static ChatSettings Of(const OriginConfig& config) {
    return {.max_message_bytes = config.max_message_bytes,
            .max_connections = config.max_connections,
            .max_room_clients = config.max_room_clients,
            .log_messages = true};
  }

  // Whether `config`'s queues and the process's descriptors can bear them. The error names field, value and rule.
  absl::Status Check(const OriginConfig& config) const;

  bool operator==(const ChatSettings& other) const = default;
};

}  // namespace viaduct
