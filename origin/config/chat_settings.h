#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "ops/program/descriptor_budget.h"
#include "origin/config/config.h"
#include "origin/session/rate_limit.h"

namespace viaduct::origin {

// Settings that operators may change while the chat runs; changes last until it ends. A value.
struct ChatSettings {
  std::size_t max_message_bytes;  // of messages that begin after the change
  int max_connections;
  int max_room_clients;
  bool log_messages;
  int max_message_rate;  // per second and connection; 0: unlimited

  static ChatSettings Of(const OriginConfig& config) {
    return {.max_message_bytes = config.max_message_bytes,
            .max_connections = config.max_connections,
            .max_room_clients = config.max_room_clients,
            .log_messages = true,
            .max_message_rate = config.max_message_rate};
  }

  // The rate at which a connection may send. The burst is the config's, or the rate if the config has them equal.
  RateLimit::Rule MessageRate(const OriginConfig& config) const {
    const bool follows = config.message_burst == config.max_message_rate;
    return RateLimit::Rule::PerSecond(max_message_rate, follows ? max_message_rate : config.message_burst);
  }

  // Checks the settings against `config`'s queues and the process's descriptors. An error names field, value and rule.
  absl::Status Check(const OriginConfig& config) const;

  bool operator==(const ChatSettings& other) const = default;
};

// The descriptors that a chat with these settings needs.
ops::DescriptorBudget DescriptorBudgetOf(const OriginConfig& config);
// Lowers max_connections, and what one viewer may have of them, to what a process with `descriptors` can hold.
void FitConnections(std::uint64_t descriptors, OriginConfig* config);

}  // namespace viaduct::origin
